"""What one migration did to the schema as a whole, from what each of its statements was seen to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pytest_ctb.model import FileEvidence, Key


class SchemaChange(NamedTuple):
    """An object that is there, or another, or gone, when the file has run."""

    sign: str
    """`+` made, `~` changed, `-` dropped."""
    kind: str
    name: str
    lines: tuple[int, ...]
    """Of the statements that did it."""
    cascade: bool = False
    """It went along with another."""


def changes(fared: FileEvidence) -> Iterator[SchemaChange]:
    """What the file made, changed and dropped, by name; not what it made and dropped itself, or changed of its own."""
    made: dict[Key, list[int]] = {}
    altered: dict[Key, list[int]] = {}
    dropped: dict[Key, tuple[int, bool]] = {}
    for trace in fared.traces:
        if trace.undone:
            continue
        whole = {gone.key.name for gone in trace.dropped if gone.key.kind == "table"}
        for gone in trace.dropped:
            if gone.table in whole and gone.key.kind != "table":
                continue  # a column, a constraint, a trigger goes with its table
            made.pop(gone.key, None)
            altered.pop(gone.key, None)
            if not gone.own:
                dropped[gone.key] = (trace.line, bool(gone.cascade))
        for key in trace.created:
            made.setdefault(key, []).append(trace.line)
        for key in trace.altered:
            altered.setdefault(key, []).append(trace.line)
    new = {key.name for key in made}
    told = [SchemaChange("+", *key, tuple(dict.fromkeys(lines))) for key, lines in made.items()]
    told += [
        SchemaChange("~", *key, tuple(dict.fromkeys(lines)))
        for key, lines in altered.items()
        if key not in made and not (key.kind == "column" and key.name.rpartition(".")[0] in new)
    ]
    told += [SchemaChange("-", *key, (line,), cascade) for key, (line, cascade) in dropped.items()]
    yield from sorted(
        told, key=lambda one: (one.lines[0], "-~+".index(one.sign), one.kind != "table", one.kind, one.name)
    )
