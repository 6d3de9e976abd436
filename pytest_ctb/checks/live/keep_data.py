"""CT13: no table is dropped or emptied, no row that was there is deleted, no value overwritten."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, lasting_traces
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import FileEvidence, Finding, Key, Loss, Position, Trial, Unproven
from pytest_ctb.sql import table_as_sql

_TABLES = {"table", "foreign table"}
_VALUE = 60
"""How many characters of a value a message shows."""


@check("keep-data", scope=Scope.REPLAY, needs=[Trial.ON_ROWS])
def keep_data(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report the rows that the file lost: those of earlier migrations, or made-up ones where a table had none."""
    file = applied(case)
    losses = file.on_rows.losses if file.on_rows else ()
    lines = {loss.line for loss in losses}
    has_findings = False
    for line, message, table, details in dict.fromkeys(_by_trace(file)):
        has_findings = True
        lines.add(line)
        yield case.finding(Position(line, 1), message, details=details, table=table_as_sql(table))
    for loss in losses:
        has_findings = True
        details = _evidence(case, file, loss)
        yield case.finding(Position(loss.line, 1), _message(loss), details=details, table=table_as_sql(loss.table))
    for write in file.on_rows.unproven if file.on_rows else ():
        if not any(line == write.line for line in lines):
            has_findings = True
            yield _not_proven(case, write)
    if has_findings or file.on_rows is None:
        return
    if not file.on_rows.passed:
        raise NotJudgedError("its effect on rows is unknown: it fails on tables that have rows (see `replay`)")
    if file.on_rows.unfilled:
        raise NotJudgedError("; ".join(f"{table}: {why}" for table, why in sorted(file.on_rows.unfilled.items())))


def _by_trace(file: FileEvidence) -> Iterator[tuple[int, str, str, str]]:
    """Line, message, table and details of each loss that the traces show without rows: tables dropped or truncated."""
    new: set[Key] = set()
    seen_on_rows = {loss.line for loss in (file.on_rows.losses if file.on_rows else ()) if loss.what == "truncated"}
    for trace in lasting_traces(file):
        new.update(trace.created)
        tables = [dropped for dropped in trace.dropped if dropped.key.kind in _TABLES and not dropped.own]
        named = [dropped for dropped in tables if not dropped.cascade] or tables[:1]
        along = [f"table {dropped.key.name}" for dropped in tables if dropped not in named]
        for dropped in named:
            cascade = ", along with another object (CASCADE)" if dropped.cascade else ""
            message = f"drops table {dropped.key.name} with all its rows{cascade}{_and_more(along)}"
            yield trace.line, message, dropped.key.name, "\n".join(f"along with it: {table}" for table in along)
        if trace.truncated and trace.line not in seen_on_rows:
            first, *others = trace.truncated
            message = f"truncates table {first}{_and_more(others)}"
            yield trace.line, message, first, "\n".join(f"along with it: table {table}" for table in others)
    if file.on_rows and not file.on_rows.passed:
        for trace in (trace for trace in file.traces if not trace.undone):
            for rows in trace.rows:
                if rows.deleted and Key("table", rows.table) not in new:
                    yield trace.line, f"deletes rows of table {rows.table}: {rows.deleted}", rows.table, ""


def _and_more(tables: Collection[str]) -> str:
    return f", and {len(tables)} more table{'' if len(tables) == 1 else 's'} along with it" if tables else ""


def _message(loss: Loss) -> str:
    return _what(loss) + _and_more({other.table for other in loss.along})


def _what(loss: Loss) -> str:
    rows = f"{loss.rows} of {loss.total} row{'' if loss.total == 1 else 's'}"
    match loss.what:
        case "truncated":
            return f"empties table {loss.table}: {rows} gone"
        case "deleted":
            return f"deletes rows of table {loss.table}: {rows} gone"
        case _:
            return f"overwrites values of column {loss.table}.{loss.column}: {rows} changed"


def _not_proven(case: Case[NoOptions], write: Unproven) -> Finding:
    message = f"not proven: {write.verb} on {write.table} touched no row, not even one of those made for it"
    table = table_as_sql(write.table)
    query = write.query or f"SELECT count(*) FROM {table}"  # noqa: S608  # to read, not to run
    return case.finding(Position(write.line, 1), message, cause="not-proven", table=table, query=query)


def _evidence(case: Case[NoOptions], file: FileEvidence, loss: Loss) -> str:
    lines = [f"{label} {_shown(value)}" for label, value in zip("-+", loss.sample, strict=True) if loss.column]
    lines += [f"along with it: {_what(other)}" for other in loss.along]
    made_up = (file.on_rows.filled if file.on_rows else {}).get(loss.table)
    if made_up:
        rows = f"{made_up} made-up row{'' if made_up == 1 else 's'}"
        lines.append(f"seen on {rows}: the migrations up to {case.migration.name} put none there")
    return "\n".join(lines)


def _shown(value: str) -> str:
    return value if len(value) <= _VALUE else value[:_VALUE] + "…"
