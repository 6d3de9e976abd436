"""ON04: no statement waits for a lock on a large table without a limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb.checks import Case, Scope, applied, check
from pytest_ctb.checks.online._tables import HELD, Large, Tables
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Finding, Statement
from pytest_ctb.model.locks import blocked_by
from pytest_ctb.sql import names_in, refused

_UNITS = {"ms": 1, "s": 1000, "min": 60_000, "": 1}


@dataclass(frozen=True)
class Options(Large):
    """How long a statement may wait for a lock; and which tables are large, as for `reads-not-blocked`."""

    max: str = "5s"
    """A lock_timeout of at most so long."""
    session: str = ""
    """The lock_timeout that whoever applies the files sets before each, as `ctb apply` sets 5s."""


@check("lock-timeout", scope=Scope.REPLAY, options=Options)
def lock_timeout(case: Case[Options]) -> Iterator[Finding]:
    """Read the trace: the lock_timeout in force when a statement takes a lock on a large table that makes others wait.

    And a statement with CONCURRENTLY under a short lock_timeout. One finding for each transaction.
    """
    file = applied(case)
    tables, most = Tables(case, file.traces), _milliseconds(case.options.max)
    session = _milliseconds(case.options.session) if case.options.session else 0
    reported = set[int]()
    for trace in file.traces:
        statement = case.migration.sent[trace.statement]
        if trace.lock_timeout is None or trace.block in reported:
            continue
        timeout = trace.lock_timeout or session
        if "CONCURRENTLY" in (words := refused(statement)):
            if 0 < trace.lock_timeout <= most:
                yield _concurrently(case, statement, words, trace.lock_timeout)
            continue
        large = [lock for lock in trace.locks if lock.kind in HELD and tables.is_large(lock.table)]
        blocking = [lock for lock in large if blocked_by(lock.mode)]
        if blocking and not 0 < timeout <= most and not _sets_its_own(case, statement):
            reported.add(trace.block)
            lock = blocking[0]
            waits = f"for up to {_worded(timeout)}" if timeout else "without limit"
            command = "SET LOCAL" if any(other.control for other in case.migration.sent) else "SET"
            yield case.finding(
                statement.position,
                f"waits {waits} for {lock.mode} on {lock.table} (lock_timeout is {_worded(timeout)})",
                instead=f"{command} lock_timeout = '{case.options.max}';",
            )


def _concurrently(case: Case[Options], statement: Statement, words: str, timeout: int) -> Finding:
    return case.finding(
        statement.position,
        f"{words} gives up where an older transaction runs for {_worded(timeout)} more (lock_timeout), "
        "and may leave an invalid index behind",
        instead="SET lock_timeout = 0;",
    )


def _sets_its_own(case: Case[Options], statement: Statement) -> bool:
    """Whether a statement calls a function with a lock_timeout of its own (`CREATE FUNCTION … SET lock_timeout`)."""
    called = {str(name) for name in names_in([statement]).uses if name.kind == "function"}
    return bool(called) and any(
        key.kind == "function" and "SET lock_timeout" in part.definition and key.name.partition("(")[0] in called
        for key, part in case.replay.schema.objects.items()
    )


def _milliseconds(written: str) -> int:
    length = re.fullmatch(r"\s*(\d+)\s*(ms|s|min|)\s*", written)
    if length is None:
        raise NotJudgedError(f"the options of lock-timeout: {written!r} is not a time, as 500ms, 5s or 1min is")
    return int(length[1]) * _UNITS[length[2]]


def _worded(milliseconds: int) -> str:
    if milliseconds % 1000 or not milliseconds:
        return f"{milliseconds} ms" if milliseconds else "0"
    return f"{milliseconds // 1000} s"
