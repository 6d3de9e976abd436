"""The changes that one migration made to the schema, summed up from the traces of its statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_ctb.model import FileEvidence, Key, Trace


class SchemaChange(NamedTuple):
    """An object that one migration created, altered or dropped."""

    sign: str
    """`+` created, `~` altered, `-` dropped."""
    kind: str
    name: str
    lines: tuple[int, ...]
    """The lines of the statements that did it."""
    cascade: bool = False
    """It went along with another."""
    statement: int = 0
    """The first of the statements: its place in `Migration.sent`."""


def changes(evidence: FileEvidence) -> Iterator[SchemaChange]:
    """The objects that a file created, altered and dropped, but for those that it created and dropped again."""
    created: dict[Key, list[Trace]] = {}
    altered: dict[Key, list[Trace]] = {}
    dropped: dict[Key, tuple[Trace, bool]] = {}
    for trace in evidence.traces:
        if trace.undone:
            continue
        whole = {gone.key.name for gone in trace.dropped if gone.key.kind == "table"}
        for gone in trace.dropped:
            if gone.table in whole and gone.key.kind != "table":
                continue  # a column, a constraint, a trigger goes with its table
            created.pop(gone.key, None)
            altered.pop(gone.key, None)
            if not gone.own:
                dropped[gone.key] = (trace, bool(gone.cascade))
        for key in trace.created:
            created.setdefault(key, []).append(trace)
        for key in trace.altered:
            altered.setdefault(key, []).append(trace)
    new = {key.name for key in created}
    changed = [_change("+", key, traces) for key, traces in created.items()]
    changed += [
        _change("~", key, traces)
        for key, traces in altered.items()
        if key not in created and not (key.kind == "column" and key.name.rpartition(".")[0] in new)
    ]
    changed += [_change("-", key, [trace], cascade=cascade) for key, (trace, cascade) in dropped.items()]
    yield from sorted(
        changed, key=lambda change: (change.statement, "-~+".index(change.sign), change.kind != "table", *change[1:3])
    )


def _change(sign: str, key: Key, traces: Sequence[Trace], *, cascade: bool = False) -> SchemaChange:
    lines = tuple(dict.fromkeys(trace.line for trace in traces))
    return SchemaChange(sign, *key, lines, cascade, traces[0].statement)
