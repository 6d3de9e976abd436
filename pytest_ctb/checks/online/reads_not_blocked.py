"""ON01: nobody who reads a large table waits while the file works."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, Scope, check
from pytest_ctb.checks.online._hints import hints
from pytest_ctb.checks.online._tables import Large
from pytest_ctb.checks.online._work import BlockingWork
from pytest_ctb.model import Finding, Trial
from pytest_ctb.model.locks import READS


@check("reads-not-blocked", scope=Scope.REPLAY, options=Large, needs=[Trial.ON_ROWS], by_text=hints(READS))
def reads_not_blocked(case: Case[Large]) -> Iterator[Finding]:
    """Read the trace: a large table is locked ACCESS EXCLUSIVE while a statement of the same transaction works.

    Work is to read a large table from end to end, to write one anew, to build an index, or to write more than `rows`
    rows. What a key picks out is no work.
    A lock on an index counts for its table.
    """
    work = BlockingWork(case)
    for statement, works in work.found(lambda lock: lock.mode == "ACCESS EXCLUSIVE"):
        yield work.finding(statement, works)
