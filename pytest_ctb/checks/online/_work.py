"""Work under a lock that makes others wait: what ON01 and ON02 find, and the safe way to do the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from pytest_ctb.checks import Case, applied, first_of
from pytest_ctb.checks.online._rates import Duration, Kind, duration, measured_on, rates
from pytest_ctb.checks.online._tables import HELD, Large, Tables
from pytest_ctb.checks.online._writes import Writes
from pytest_ctb.model import FileEvidence, Finding, Lock, Statement, TableSize, Trace
from pytest_ctb.model.locks import READS, WRITES, Work, blocked_by, strongest_locks, waiters, work_under_lock
from pytest_ctb.sql import Effects, SafeStep, as_files, partition_key, safe_way, table_as_sql

_RUNS_BODIES = {"DO", "CALL", "SELECT", "SELECT INTO", "INSERT", "UPDATE", "DELETE", "MERGE"}
"""Where there are rows, these may do what they do not do without."""
_HEAVIEST_FIRST = ("rewrite", "insert", "update", "delete", "scan")
"""What an UPDATE reads is part of what it does."""
_BLOCKS = {True: "reads and writes of", False: "writes to"}
_NO_OTHER_WAY = """\
-- Postgres has no way to do this while the application runs: in a maintenance window, or by a tool that copies the
-- table and swaps it (pg_repack, pg_squeeze), outside of the migrations.
"""


class BlockingWork:
    """The work that one file does on large tables while a lock on a large table makes others wait."""

    def __init__(self, case: Case[Large]) -> None:
        self._case = case
        self._file: FileEvidence = applied(case)
        self.tables = Tables(case, self._file.traces)
        self._writes = Writes(case, self._file)

    def found(self, blocks: Callable[[Lock], bool]) -> Iterator[tuple[int, Sequence[Work]]]:
        """The statements that do work while a lock of this kind is held, each with that work."""
        works = [work for work in self._all() if blocks(work.lock) and self._counts(work)]
        works.sort(key=lambda work: _HEAVIEST_FIRST.index(work.what))
        works = list({(work.statement, work.table, work.lock.table): work for work in reversed(works)}.values())
        works.sort(key=lambda work: (work.statement, work.lock.table, work.table))
        for statement, group in groupby(works, key=lambda work: work.statement):
            yield statement, list(group)

    def _all(self) -> Iterator[Work]:
        yield from work_under_lock(self._file.traces)
        sent = self._case.migration.sent
        tried = self._file.on_rows.traces if self._file.on_rows else ()
        for work in work_under_lock(tried):
            if sent[work.statement].tag in _RUNS_BODIES and sent[work.statement].inner:
                yield work
        traces = {trace.statement: trace for trace in self._file.traces}
        written = [
            (write.statement, write.table, "delete" if write.what == "deletes" else "update")
            for write in self._writes.seen
        ]
        written += [
            (trace.statement, rows.table, "insert")
            for trace in self._file.traces
            for rows in trace.rows
            if rows.inserted > self._case.options.rows
        ]
        for statement, table, what in written:
            for lock in strongest_locks(traces[statement].all_locks):
                yield Work(statement, what, table, lock, self._taken(statement, lock), None)

    def _counts(self, work: Work) -> bool:
        """Whether the work grows with a large table, and the lock is on one."""
        lock = work.lock
        if lock.kind not in HELD or not self.tables.is_large(lock.table):
            return False
        if lock.kind == "materialized view" and READS not in blocked_by(lock.mode):
            return False  # nobody writes to it
        if work.what == "insert":
            return True
        if work.what == "scan" and self._reads_by_key(work):
            return False  # where there are many rows they are found by the index
        return self.tables.is_large(work.table)

    def _reads_by_key(self, work: Work) -> bool:
        inside = self._case.migration.sent[work.statement].walk()
        only_rows = all(inner.tag in _RUNS_BODIES or inner.control for inner in inside)
        return only_rows and self._writes.is_bounded(work.statement, work.table)

    def _taken(self, statement: int, lock: Lock) -> int | None:
        block = self._trace(statement).block
        for trace in self._file.traces:
            if trace.block == block and any(taken[:2] == lock[:2] for taken in trace.locks):
                return trace.statement
        return None

    def _trace(self, statement: int) -> Trace:
        return next(trace for trace in self._file.traces if trace.statement == statement)

    # --- how long it takes -------------------------------------------------------------------------------------------

    def durations(self, works: Sequence[Work]) -> Mapping[Work, Duration]:
        """About how long the work of one statement takes, for each table on which it works."""
        by_table = {work.table: work for work in works}
        return {work: duration(self._kinds(work), self._size(work)) for work in by_table.values()}

    def _kinds(self, work: Work) -> Sequence[Kind]:
        """What work on a table is made of: a rewrite builds each index anew, for example."""
        trace = self._trace(work.statement)
        why = [reason for scan in trace.scanned if scan.table == work.table for reason in scan.why]
        indexes = [Kind.INDEX for reason in why if reason.startswith("building index")]
        if work.what != "scan":
            return [Kind(work.what), *indexes]
        if any(reason.startswith("verifying") for reason in why):
            not_null = any(change.what == "not null" and change.new == "yes" for change in trace.alterations)
            return [Kind.NOT_NULL if not_null else Kind.CHECK, *indexes]
        # Of foreign keys the server says that they are validated, but not on which table.
        validated = any(change.new == "FOREIGN KEY" or change.what == "validated" for change in trace.alterations)
        return indexes or [Kind.FOREIGN_KEY if validated else Kind.READ]

    def _size(self, work: Work) -> TableSize | None:
        """How many rows the work is on, in production, and their bytes; None where that is not known."""
        if work.what == "insert":
            rows = sum(rows.inserted for rows in self._trace(work.statement).rows if rows.table == work.table)
            return TableSize(rows, rows * rates().row_bytes)
        size = self.tables.size(work.table)
        if size is None or work.what not in {"update", "delete"}:
            return size
        writes = (write for write in self._writes.seen if write.statement == work.statement)
        return max(write.share(size) for write in writes if write.table == work.table)

    # --- words -------------------------------------------------------------------------------------------------------

    def finding(self, statement: int, works: Sequence[Work]) -> Finding:
        """The finding about one statement."""
        sent = self._case.migration.sent[statement]
        trace = self._trace(statement)
        blocked = list(dict.fromkeys(work.lock.table for work in works))
        done = list(dict.fromkeys(map(self._worded, works)))
        lock = works[0].lock
        since = self._since(works[0])
        message = (
            f"blocks {_BLOCKS[READS in blocked_by(lock.mode)]} {first_of(blocked)} while it {' and '.join(done[:2])} "
            f"({lock.mode}{since})"
        )
        way = self.other_way(statement)
        steps = self._behind_locks(statement, works, way)
        return self._case.finding(
            sent.position,
            message,
            instead=as_files(steps) if steps else None if sent.inner else _NO_OTHER_WAY,
            details="\n".join(self._details(works, trace, way)),
            table=table_as_sql(blocked[0]),
        )

    def steps(self, statement: int, works: Sequence[Work]) -> tuple[SafeStep, ...]:
        """The safe way to do what a statement does, as files; none where the text does not show one."""
        return self._behind_locks(statement, works, self.other_way(statement))

    def _behind_locks(self, statement: int, works: Sequence[Work], steps: Sequence[SafeStep]) -> tuple[SafeStep, ...]:
        sent = self._case.migration.sent
        earlier = [work.taken for work in works if work.taken is not None and work.taken != statement]
        if not earlier:
            return tuple(steps)
        locks, works_on = sent[earlier[0]], sent[statement]
        return (_kept(locks, "takes the lock, for a moment"), *(steps or [_kept(works_on, "works without that lock")]))

    def other_way(self, statement: int) -> tuple[SafeStep, ...]:
        """The safe way to do what a statement does by itself, whatever was locked before; none where there is none."""
        trace = self._trace(statement)
        return safe_way(self._case.migration.sent[statement], self._effects(trace))

    @property
    def apart(self) -> frozenset[int]:
        """The statements that work, and began a transaction of their own: they must not share one with others."""
        traces = self._file.traces
        return frozenset(
            trace.statement
            for before, trace in pairwise(traces)
            if before.block != trace.block and (trace.scanned or trace.rewritten or trace.rows)
        )

    def _effects(self, trace: Trace) -> Effects:
        schema = self._case.replay.schema
        keys = {key.name: partition_key(part.definition) for key, part in schema.partitioned}
        locked = list(dict.fromkeys(lock.table for lock in trace.locks if lock.kind == "table"))
        parent = next((table for table in locked if table in keys), "")
        partitions = [lock.table for lock in trace.locks if parent in lock.parents and lock.table not in keys]
        not_null = [
            change.key.name.rpartition(".")[2]
            for change in trace.alterations
            if change.what == "not null" and change.new == "yes"
        ]
        return Effects(
            rewritten=bool(trace.rewritten),
            scanned=bool(trace.scanned),
            not_null=tuple(not_null),
            partitions=tuple(dict.fromkeys(partitions)),
            partitioned=bool(parent),
            key=keys.get(parent, ()),
            major=self._case.replay.server.major,
        )

    def _worded(self, work: Work) -> str:
        kinds = set(self._kinds(work))
        if Kind.REWRITE in kinds:
            return f"writes every row of {work.table} anew"
        if kinds & {Kind.INSERT, Kind.UPDATE, Kind.DELETE}:
            return f"{'inserts' if Kind.INSERT in kinds else 'changes'} many rows of {work.table}"
        if Kind.INDEX in kinds:
            return f"builds an index of {work.table}"
        if kinds & {Kind.CHECK, Kind.NOT_NULL, Kind.FOREIGN_KEY}:
            return f"checks every row of {work.table}"
        return f"reads {work.table} from end to end"

    def _since(self, work: Work) -> str:
        if work.taken is None or work.taken == work.statement:
            return ""
        return f" since line {self._case.migration.sent[work.taken].position.line}"

    def _details(self, works: Sequence[Work], trace: Trace, way: Sequence[SafeStep]) -> Iterator[str]:
        for work in {work.lock.table: work for work in works}.values():
            reads = READS in blocked_by(work.lock.mode)
            waiting = [waiter for waiter in waiters(work.lock) if waiter.waits == (READS if reads else WRITES)]
            names = [waiter.relation for waiter in waiting if waiter.kind != "table"]
            who = f"; whoever {'reads' if reads else 'writes through'} {first_of(names)} waits too" if names else ""
            yield f"{work.lock.mode} on {work.lock.relation}{who}"
        for scan in trace.scanned:
            yield from (f"the server: {reason}" for reason in scan.why)
        for table in dict.fromkeys(name for work in works for name in (work.lock.table, work.table)):
            if words := self.tables.worded(table):
                yield words
        for work, time in self.durations(works).items():
            yield f"{self._worded(work)}: {time} ({measured_on()})"
            if self._kinds(work) == [Kind.INDEX] and "CONCURRENTLY" in as_files(way):
                yield f"CONCURRENTLY, which blocks nobody: {duration([Kind.CONCURRENTLY], self._size(work))}"


def _kept(statement: Statement, does: str) -> SafeStep:
    """A statement as it stands, as a file of its own."""
    return SafeStep(does, f"{statement.sql.rstrip().rstrip(';')};")
