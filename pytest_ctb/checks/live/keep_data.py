"""CT13: no table is dropped or emptied, no row that was there is deleted, no value overwritten."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, seen
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import FileEvidence, Finding, Key, Loss, Position, Trial

_TABLES = {"table", "foreign table"}
_VALUE = 60
"""So much of a value is shown."""


@check("keep-data", scope=Scope.REPLAY, needs=[Trial.ON_ROWS])
def keep_data(case: Case[NoOptions]) -> Iterator[Finding]:
    """Tell what was lost of the rows that stood in the tables before; where there were none, of made-up ones."""
    fared = applied(case)
    losses = fared.on_rows.losses if fared.on_rows else ()
    told = {(one.line, one.table) for one in losses}
    found = False
    for line, message, table in dict.fromkeys(_by_trace(fared)):
        if (line, table) not in told:
            found = True
            yield case.finding(Position(line, 1), message, table=table)
    for one in losses:
        found = True
        yield case.finding(Position(one.line, 1), _message(one), evidence=_evidence(case, fared, one), table=one.table)
    if found or fared.on_rows is None:
        return
    if fared.on_rows.error:
        raise NotJudgedError("what it does to rows cannot be seen: on tables that hold some it fails (see `replay`)")
    if fared.on_rows.unfilled:
        raise NotJudgedError("; ".join(f"{table}: {why}" for table, why in sorted(fared.on_rows.unfilled.items())))


def _by_trace(fared: FileEvidence) -> Iterator[tuple[int, str, str]]:
    """What needs no row to be seen: tables that went, or got empty storage."""
    own: set[Key] = set()
    for trace in seen(fared):
        own.update(trace.created)
        for one in trace.dropped:
            if one.key.kind in _TABLES and not one.own:
                along = ", along with another object (CASCADE)" if one.cascade else ""
                yield trace.line, f"drops table {one.key.name} with all its rows{along}", one.key.name
        for table in trace.truncated:
            yield trace.line, f"truncates table {table}", table
    if fared.on_rows and fared.on_rows.error:
        for trace in (one for one in fared.traces if not one.undone):
            for rows in trace.rows:
                if rows.deleted and Key("table", rows.table) not in own:
                    yield trace.line, f"deletes rows of table {rows.table}: {rows.deleted}", rows.table


def _message(one: Loss) -> str:
    rows = f"{one.rows} of {one.total} row{'' if one.total == 1 else 's'}"
    match one.what:
        case "truncated":
            return f"empties table {one.table}: {rows} gone"
        case "deleted":
            return f"deletes rows of table {one.table}: {rows} gone"
        case _:
            return f"overwrites values of column {one.table}.{one.column}: {rows} changed"


def _evidence(case: Case[NoOptions], fared: FileEvidence, one: Loss) -> str:
    lines = [f"{label} {_shown(value)}" for label, value in zip("-+", one.sample, strict=True) if one.column]
    made_up = (fared.on_rows.filled if fared.on_rows else {}).get(one.table)
    if made_up:
        rows = f"{made_up} made-up row{'' if made_up == 1 else 's'}"
        lines.append(f"seen on {rows}: the migrations up to {case.migration.name} put none there")
    return "\n".join(lines)


def _shown(value: str) -> str:
    return value if len(value) <= _VALUE else value[:_VALUE] + "…"
