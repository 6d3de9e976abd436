"""How many rows of older tables a transaction updates and deletes: seen in the trial on rows, and read off keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from pytest_ctb.checks import Case
from pytest_ctb.model import FileEvidence, Source, Statement, TableSize, Trace
from pytest_ctb.sql import Target, bounds, constraint, index, parse, refused, write_target

_UNIQUE = {"PRIMARY KEY", "UNIQUE"}


class Write(NamedTuple):
    """One statement changes rows of a table that were there before the file."""

    statement: int
    """Its place in `Migration.sent`."""
    block: int
    """Its transaction."""
    table: str
    what: str
    """`updates`, `deletes`, or both."""
    rows: int
    """So many of those that were there before the file; 0 where it met none of the few made-up ones."""
    there: int
    """So many had the table."""

    def share(self, size: TableSize) -> TableSize:
        """How much of a table it writes that is as large as this, if it meets the same share; all where it met none."""
        if not self.rows:
            return size
        return TableSize(size.rows * self.rows // self.there, size.bytes * self.rows // self.there)


class Writes:
    """What one file writes to tables that were there before it, and which of its statements meet few rows by a key."""

    def __init__(self, case: Case[Any], file: FileEvidence) -> None:
        self._case = case
        self._file = file

    @cached_property
    def seen(self) -> tuple[Write, ...]:
        """The statements that update or delete older rows, but for those that a key or a LIMIT bounds.

        A procedure that commits is left out: it works in batches.
        """
        tried = self._file.on_rows.traces if self._file.on_rows else ()
        trials = {trace.statement: trace for trace in tried}
        inserted: dict[str, int] = defaultdict(int)
        writes: list[Write] = []
        for trace in self._file.traces:
            trial = trials.get(trace.statement, trace)
            commits = bool(refused(self._case.migration.sent[trace.statement]))  # a loop that met no row ends before
            if not (trace.undone or trace.divided or trial.divided or commits):
                writes += self._of(trace, trial, inserted)
            for rows in trial.rows:
                inserted[rows.table] += rows.inserted
        return tuple(writes)

    def _of(self, trace: Trace, trial: Trace, inserted: Mapping[str, int]) -> Iterator[Write]:
        older = {lock.table: lock.rows for lock in (*trace.all_locks, *trial.all_locks)}
        replayed = {rows.table: rows.updated + rows.deleted for rows in trace.rows}
        for rows in trial.rows:
            count = rows.updated + rows.deleted
            # Rows that the file inserted itself are changed in the replay too, where the table was empty before.
            old = max(count - replayed.get(rows.table, 0), count - inserted.get(rows.table, 0))
            if rows.table not in older or old <= 0 or not count:
                continue
            if self.is_bounded(trace.statement, rows.table):
                continue
            did = {"updates": rows.updated, "deletes": rows.deleted}
            what = " and ".join(word for word, number in did.items() if number)
            there = max(1, old, older[rows.table] - inserted.get(rows.table, 0))
            yield Write(trace.statement, trace.block, rows.table, what, old, there)
        written = {rows.table for rows in (*trace.rows, *trial.rows)}
        locked = {lock.table for lock in trace.all_locks if lock.mode == "ROW EXCLUSIVE"}
        for target in self._targets(trace.statement):
            for table in locked - written:
                if target.names(table) and not self.is_bounded(trace.statement, table):
                    yield Write(trace.statement, trace.block, table, target.does, 0, 1)

    def _targets(self, statement: int) -> Iterator[Target]:
        """What a statement updates or deletes from, as its text says."""
        sent = self._case.migration.sent[statement]
        for inner in (
            sent,
            *(sent.walk() if sent.tag == "DO" else ()),
        ):  # the body of a function runs when it is called
            if (target := write_target(inner)) is not None:
                yield target

    def is_bounded(self, statement: int, table: str) -> bool:
        """Whether every query of a statement on a table meets few rows: by a whole key, or by a LIMIT.

        A LIMIT inside a body counts for nothing: it may stand in a loop.
        """
        sent = self._case.migration.sent[statement]
        bounding = [(bound, inside is sent) for inside in sent.walk() for bound in bounds(inside) if bound.names(table)]
        limited = any(bound.limit is not None and alone and bound.limit <= self._most for bound, alone in bounding)
        if limited:
            return True
        return bool(bounding) and not _hides(sent) and all(self._by_key(bound.equal, table) for bound, _ in bounding)

    def _by_key(self, equal: Mapping[str, int], table: str) -> bool:
        for key in self._keys(table):
            counts = [equal.get(column, 0) for column in key]
            if all(counts) and _product(counts) <= self._most:
                return True
        return False

    @property
    def _most(self) -> int:
        return int(getattr(self._case.options, "rows", 10_000))

    def _keys(self, table: str) -> Collection[tuple[str, ...]]:
        """The columns of each primary key, unique constraint and unique index that a table has in the end."""
        keys: set[tuple[str, ...]] = set()
        for key, part in self._case.replay.schema.parts.get(table, ()):
            if key.kind == "constraint" and (limit := constraint(part.definition)) and limit.kind in _UNIQUE:
                keys.add(limit.columns)
            elif key.kind == "index":
                made = index(parse(Source(part.definition))[0][0])
                keys |= {made.columns} if made and made.unique and not made.partial and all(made.columns) else set()
        return keys


def _hides(statement: Statement) -> bool:
    """Whether a statement can do more than its text says: it calls a function, or runs a text that it puts together."""
    return statement.tag == "CALL" or any(inner.unread for inner in statement.walk())


def _product(counts: Sequence[int]) -> int:
    product = 1
    for count in counts:
        product *= count
    return product
