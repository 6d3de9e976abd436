"""CT10: the file may run once more: it raises nothing, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, details, worded
from pytest_ctb.model import Change, Finding, Key, Mismatch, Position, Rows, Trial
from pytest_ctb.model.differences import diff

_NAMED = 3
"""How many objects a message names."""


@check("idempotent", scope=Scope.REPLAY, needs=[Trial.AGAIN])
def idempotent(case: Case[NoOptions]) -> Iterator[Finding]:
    """Tell what the second run failed with or changed, and what the first one skipped though it is something else."""
    fared = applied(case)
    for one in fared.mismatches:
        yield _skipped(case, one)
    if fared.again and fared.again.error:
        error = fared.again.error
        at = error.position or Position(fared.again.line, 1)
        message = f"applied once more it fails: {worded(error)}"
        yield case.finding(at, message, evidence="\n".join(details(error)))
    elif fared.again:
        for change in fared.again.changes:
            yield _changed(case, change)


def _skipped(case: Case[NoOptions], one: Mismatch) -> Finding:
    parts = _named([each.key for each in one.differences if each.key != one.key])
    message = f"skipped: {one.key} exists, and differs" + (f" in {parts}" if parts else "")
    evidence = diff(one.differences, "what is there", "what the statement says")
    return case.finding(Position(one.line, 1), message, instead="", evidence=evidence)


def _changed(case: Case[NoOptions], change: Change) -> Finding:
    told = [_rows(one) for one in change.rows]
    if change.differences:
        told.append(_named([one.key for one in change.differences]))
    evidence = diff(change.differences, "after the file", "after it ran once more") if change.differences else ""
    return case.finding(
        Position(change.line, 1), f"applied once more it changes {' and '.join(told)}", evidence=evidence
    )


def _named(keys: list[Key]) -> str:
    more = len(keys) - _NAMED
    return ", ".join(map(str, keys[:_NAMED])) + (f" and {more} more" if more > 0 else "")


def _rows(one: Rows) -> str:
    parts = [(one.inserted, "inserted"), (one.updated, "updated"), (one.deleted, "deleted")]
    counts = ", ".join(f"{count} row{'' if count == 1 else 's'} {what}" for count, what in parts if count)
    return f"table {one.table} ({counts})"
