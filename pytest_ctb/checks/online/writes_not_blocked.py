"""ON02: nobody who writes to a large table waits while the file works."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, Scope, check
from pytest_ctb.checks.online._hints import hints
from pytest_ctb.checks.online._tables import Large
from pytest_ctb.checks.online._work import BlockingWork
from pytest_ctb.model import Finding, Trial
from pytest_ctb.model.locks import WRITES, blocked_by


@check("writes-not-blocked", scope=Scope.REPLAY, options=Large, needs=[Trial.ON_ROWS], by_text=hints(WRITES))
def writes_not_blocked(case: Case[Large]) -> Iterator[Finding]:
    """Read the trace as `reads-not-blocked` does, for the locks SHARE, SHARE ROW EXCLUSIVE and EXCLUSIVE."""
    work = BlockingWork(case)
    for statement, works in work.found(lambda lock: blocked_by(lock.mode) == ("writes",)):
        yield work.finding(statement, works)
