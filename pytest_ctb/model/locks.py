"""The modes of locks on tables, as the manual writes them, and what was done to tables while they were held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pytest_ctb.model.trace import Lock, Trace, unquoted

READS = "reads"
WRITES = "writes"

_BLOCKED = {
    "ACCESS SHARE": (),
    "ROW SHARE": (),
    "ROW EXCLUSIVE": (),
    "SHARE UPDATE EXCLUSIVE": (),
    "SHARE": (WRITES,),
    "SHARE ROW EXCLUSIVE": (WRITES,),
    "EXCLUSIVE": (WRITES,),
    "ACCESS EXCLUSIVE": (READS, WRITES),
}
MODES = tuple(_BLOCKED)
"""From the weakest to the strongest (manual, table 13.2)."""


def blocked_by(mode: str) -> tuple[str, ...]:
    """What every other session has to wait for while somebody holds this lock: `reads`, `writes`, both or neither."""
    return _BLOCKED[mode]


class Waiter(NamedTuple):
    """A relation whose readers or writers wait while somebody holds a lock."""

    relation: str
    kind: str
    """`table`: what is locked, what an index is on, or what takes its numbers from a sequence; `view`, `parent`."""
    waits: str
    """`reads` or `writes`: of a view, what is written through it; of a parent, reads alone."""


def waiters(lock: Lock) -> Iterator[Waiter]:
    """Who waits while a lock is held, as others see the database.

    Which partition a row goes to depends on the row: that an INSERT into a parent may have to wait is not among them.
    """
    blocked = blocked_by(lock.mode)
    if lock.kind == "sequence":  # a SELECT of a table takes no number
        blocked = blocked and (WRITES,)
    elif lock.kind == "partitioned index":  # the planner looks at it, from 16 on; rows are not in it
        blocked = tuple(what for what in blocked if what == READS)
    for what in blocked:
        yield from (Waiter(table, "table", what) for table in (lock.tables or (lock.table,)))
        yield from (Waiter(view, "view", what) for view in lock.views)
        if what == READS:
            yield from (Waiter(parent, "parent", what) for parent in lock.parents)


class Work(NamedTuple):
    """A table was read from end to end, or written anew, while its transaction held a lock that makes others wait."""

    statement: int
    """Which did it: its place in `Migration.sent`."""
    what: str
    """`scan` or `rewrite`; who counts rows adds `insert`, `update` and `delete`."""
    table: str
    lock: Lock
    """What others wait for: it may be on another table."""
    taken: int | None
    """The statement that took the lock, the same or an earlier one of the transaction; None where nobody saw it."""
    lock_timeout: int | None
    """How long that one may have waited for the lock, in milliseconds; 0: as long as it takes; None: not known."""


def work_under_lock(traces: Sequence[Trace]) -> Iterator[Work]:
    """Each scan and rewrite with each lock that makes others wait for as long as it takes.

    Of the locks on a table and its indexes the strongest counts. `traces` are those of one file, in their order.
    """
    for place, trace in enumerate(traces):
        done = [("rewrite", table) for table in trace.rewritten]
        # What is truncated is empty when its indexes are built anew.
        known = {*trace.rewritten, *trace.truncated}
        done += [("scan", scan.table) for scan in trace.scanned if scan.table not in known]
        if not done:
            continue
        for lock in strongest_locks(trace.all_locks):
            taken = _taken(traces[: place + 1], lock)
            timeout = taken.lock_timeout if taken else None
            for what, table in done:
                yield Work(trace.statement, what, table, lock, taken.statement if taken else None, timeout)


def strongest_locks(locks: Iterable[Lock]) -> list[Lock]:
    """Of each table's locks the strongest that makes others wait."""
    strongest: dict[str, Lock] = {}
    for lock in locks:
        other = strongest.get(lock.table)
        if blocked_by(lock.mode) and (other is None or _strength(lock) > _strength(other)):
            strongest[lock.table] = lock
    return list(strongest.values())


def _strength(lock: Lock) -> tuple[int, bool]:
    """By the mode; of equal ones that of the table itself is the stronger."""
    return MODES.index(lock.mode), lock.relation == lock.table


def _taken(traces: Sequence[Trace], lock: Lock) -> Trace | None:
    """The statement that took a lock which the last of these had; the table may have had another name then."""
    name = lock.relation
    block = traces[-1].block
    for trace in reversed(traces):
        if trace.block != block:
            return None
        names = {unquoted(renamed.new.name): unquoted(renamed.old.name) for renamed in trace.renamed}
        was = names.get(name, name) if trace is not traces[-1] else name
        if any(taken.relation == was and taken.mode == lock.mode for taken in trace.locks):
            return trace
        name = was
    return None
