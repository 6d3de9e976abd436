"""CT10: the file may run once more: it raises nothing, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import (
    Case,
    NoOptions,
    Scope,
    applied,
    check,
    error_details,
    error_line,
    first_of,
    of_statement,
    runs_once,
)
from pytest_ctb.model import Change, Finding, Mismatch, Position, RerunTrial, Rows, SqlError, Trial
from pytest_ctb.model.differences import diff
from pytest_ctb.sql import repeatable

_NO_GUARD = {"42P06", "42P07", "42701", "42710", "42723", "42P01", "42703", "42704", "42883", "3F000"}
"""SQLSTATEs for an object that exists already, or no more: IF [NOT] EXISTS would skip the statement."""


@check("idempotent", scope=Scope.REPLAY, needs=[Trial.RERUN, Trial.ON_ROWS], needless=runs_once)
def idempotent(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report an error or a change of the second run, and an object that IF NOT EXISTS skipped although it differs."""
    file = applied(case)
    for mismatch in file.mismatches:
        yield _skipped(case, mismatch)
    if file.rerun and file.rerun.error:
        yield _failed(case, file.rerun, file.rerun.error)
        return
    changes = file.rerun.changes if file.rerun else ()
    for change in changes:
        yield _changed(case, change)
    on_rows = file.on_rows.rerun if file.on_rows else None
    if on_rows and on_rows.error:
        yield _failed(case, on_rows, on_rows.error, " on tables that hold rows")
    elif on_rows:
        known = {(change.line, rows.table) for change in changes for rows in change.rows}
        for change in on_rows.changes:
            new_rows = tuple(rows for rows in change.rows if (change.line, rows.table) not in known)
            if new_rows:
                yield _changed(case, change._replace(rows=new_rows), " on tables that hold rows")


def _failed(case: Case[NoOptions], trial: RerunTrial, error: SqlError, where: str = "") -> Finding:
    at = error.position or Position(trial.line, 1)
    message = f"applied once more{where} it fails: {error_line(error)}"
    details = "\n".join(error_details(error))
    follows = of_statement("if-not-exists", case.migration, trial.line) if error.sqlstate in _NO_GUARD else None
    instead = _instead(case, trial.line, error.sqlstate)
    return case.finding(at, message, details=details, instead=instead, follows=follows)


def _skipped(case: Case[NoOptions], mismatch: Mismatch) -> Finding:
    parts = first_of([difference.key for difference in mismatch.differences if difference.key != mismatch.key])
    message = f"skipped: {mismatch.key} exists, and differs" + (f" in {parts}" if parts else "")
    evidence = diff(mismatch.differences, "what is there", "what the statement says")
    return case.finding(Position(mismatch.line, 1), message, instead="", details=evidence)


def _changed(case: Case[NoOptions], change: Change, where: str = "") -> Finding:
    changes = [_rows(rows) for rows in change.rows]
    if change.differences:
        changes.append(first_of([difference.key for difference in change.differences]))
    evidence = diff(change.differences, "after the file", "after it ran once more") if change.differences else ""
    return case.finding(
        Position(change.line, 1),
        f"applied once more{where} it changes {' and '.join(changes)}",
        details=evidence,
        instead=_instead(case, change.line),
    )


def _instead(case: Case[NoOptions], line: int, sqlstate: str = "") -> str | None:
    """The statement on a line as it may run twice; None where its text does not say how, or two start there."""
    statements = [
        (number, statement)
        for number, statement in enumerate(case.migration.sent)
        if statement.position.line == line and not statement.control
    ]
    if len(statements) != 1:
        return None
    ((number, statement),) = statements
    traces = [trace for trace in case.replay.files[case.subject].traces if trace.statement == number]
    made = [key.name.rpartition(".")[2] for trace in traces for key in trace.created if key.kind == "constraint"]
    return repeatable(statement, sqlstate, made) or None


def _rows(rows: Rows) -> str:
    parts = [(rows.inserted, "inserted"), (rows.updated, "updated"), (rows.deleted, "deleted")]
    counts = ", ".join(f"{count} row{'' if count == 1 else 's'} {what}" for count, what in parts if count)
    return f"table {rows.table} ({counts})"
