"""What one migration did to the schema as a whole, from what each of its statements was seen to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_ctb.model import FileEvidence, Key, Trace


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
    statement: int = 0
    """The first of the statements: its place in `Migration.sent`."""


def changes(fared: FileEvidence) -> Iterator[SchemaChange]:
    """What the file made, changed and dropped, by name; not what it made and dropped itself, or changed of its own."""
    made: dict[Key, list[Trace]] = {}
    altered: dict[Key, list[Trace]] = {}
    dropped: dict[Key, tuple[Trace, bool]] = {}
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
                dropped[gone.key] = (trace, bool(gone.cascade))
        for key in trace.created:
            made.setdefault(key, []).append(trace)
        for key in trace.altered:
            altered.setdefault(key, []).append(trace)
    new = {key.name for key in made}
    told = [_change("+", key, traces) for key, traces in made.items()]
    told += [
        _change("~", key, traces)
        for key, traces in altered.items()
        if key not in made and not (key.kind == "column" and key.name.rpartition(".")[0] in new)
    ]
    told += [_change("-", key, [trace], cascade=cascade) for key, (trace, cascade) in dropped.items()]
    yield from sorted(
        told, key=lambda change: (change.statement, "-~+".index(change.sign), change.kind != "table", *change[1:3])
    )


def _change(sign: str, key: Key, traces: Sequence[Trace], *, cascade: bool = False) -> SchemaChange:
    lines = tuple(dict.fromkeys(trace.line for trace in traces))
    return SchemaChange(sign, *key, lines, cascade, traces[0].statement)
