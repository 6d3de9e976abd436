"""CT10: the file may run once more: it raises nothing, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, error_details, error_line, first_of
from pytest_ctb.model import Change, Finding, Mismatch, Position, Rows, Trial
from pytest_ctb.model.differences import diff


@check("idempotent", scope=Scope.REPLAY, needs=[Trial.RERUN])
def idempotent(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report an error or a change of the second run, and an object that IF NOT EXISTS skipped although it differs."""
    file = applied(case)
    for mismatch in file.mismatches:
        yield _skipped(case, mismatch)
    if file.rerun and file.rerun.error:
        error = file.rerun.error
        at = error.position or Position(file.rerun.line, 1)
        message = f"applied once more it fails: {error_line(error)}"
        yield case.finding(at, message, details="\n".join(error_details(error)))
    elif file.rerun:
        for change in file.rerun.changes:
            yield _changed(case, change)


def _skipped(case: Case[NoOptions], mismatch: Mismatch) -> Finding:
    parts = first_of([difference.key for difference in mismatch.differences if difference.key != mismatch.key])
    message = f"skipped: {mismatch.key} exists, and differs" + (f" in {parts}" if parts else "")
    evidence = diff(mismatch.differences, "what is there", "what the statement says")
    return case.finding(Position(mismatch.line, 1), message, instead="", details=evidence)


def _changed(case: Case[NoOptions], change: Change) -> Finding:
    changes = [_rows(rows) for rows in change.rows]
    if change.differences:
        changes.append(first_of([difference.key for difference in change.differences]))
    evidence = diff(change.differences, "after the file", "after it ran once more") if change.differences else ""
    return case.finding(
        Position(change.line, 1), f"applied once more it changes {' and '.join(changes)}", details=evidence
    )


def _rows(rows: Rows) -> str:
    parts = [(rows.inserted, "inserted"), (rows.updated, "updated"), (rows.deleted, "deleted")]
    counts = ", ".join(f"{count} row{'' if count == 1 else 's'} {what}" for count, what in parts if count)
    return f"table {rows.table} ({counts})"
