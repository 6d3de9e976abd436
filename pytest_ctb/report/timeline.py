"""The timeline of one migration: which relations its transactions lock, from which statement to which, and the work.

Only what was there before the file is locked for others, so a table that the file itself makes has no bar.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from pytest_ctb.model import Sizes, TableSize, Trace
from pytest_ctb.model.locks import MODES, READS, waiters
from pytest_ctb.model.trace import CATALOGS, Lock, name_before

_SHOWN = frozenset({"locks", "rows", "scanned", "session", CATALOGS})
"""What is shown here of what `Trace.unknown` may name."""


class Transaction(NamedTuple):
    """The statements of one transaction: the first and the last, counted from 0 over all traces of the file."""

    first: int
    last: int
    ended: str
    """How it ended: `committed` or `rolled back`."""


class Bar(NamedTuple):
    """A lock on one relation, held from one statement to another of the same transaction."""

    first: int
    last: int
    mode: str
    waits: tuple[str, ...]
    """Who has to wait: `reads`, `writes`, both or neither."""


class Work(NamedTuple):
    """What one statement did with the rows of one relation."""

    statement: int
    kind: str
    """`rewrite`, `scan`, `rows` or `empty`."""
    words: str
    why: str = ""
    """What for, as the server says."""


class Row(NamedTuple):
    """One relation that was there before the file, with the locks on it."""

    relation: str
    """Its name before the file."""
    kind: str
    """`table`, or why its readers wait for a lock on another: `view`, `parent`."""
    size: TableSize | None
    """In production; None where nobody wrote it down."""
    bars: tuple[Bar, ...]
    work: tuple[Work, ...]


class Timeline(NamedTuple):
    """The locks of one migration."""

    transactions: tuple[Transaction, ...]
    rows: tuple[Row, ...]
    busy: tuple[int, ...]
    """The statements that read or wrote rows, of whichever table: the longer they work, the longer others wait."""
    unseen: tuple[int, ...]
    """The statements of which not all locks or work could be seen."""


def timeline(traces: Sequence[Trace], sizes: Sizes | None = None) -> Timeline:
    """The timeline of the traces of one file, in their order."""
    held: dict[str, dict[int, Bar]] = defaultdict(dict)
    kinds: dict[str, str] = {}
    work: dict[str, list[Work]] = defaultdict(list)
    for number, trace in enumerate(traces):
        before = traces[:number]
        for relation, kind, bar in _blocked(number, trace):
            name = name_before(relation, before)
            kinds[name] = min(kind, kinds.get(name, kind), key=("table", "parent", "view").index)
            held[name][number] = _stronger(held[name].get(number), bar)
        for table, done in _work(number, trace):
            name = name_before(table, before)
            size = sizes.tables.get(name) if sizes else None
            rows = f"{size.rows:,} rows" if size else "every row"
            work[name].append(done._replace(words=done.words.format(rows=rows)))
    transactions = tuple(_transactions(traces))
    relations = [
        Row(
            name,
            kinds[name],
            sizes.tables.get(name) if sizes else None,
            tuple(_joined(bars, traces)),
            tuple(work[name]),
        )
        for name, bars in held.items()
        if work[name] or any(bar.waits for bar in bars.values())
    ]
    relations.sort(key=lambda row: (row.kind != "table", row.bars[0].first, row.relation))
    busy = (number for number, trace in enumerate(traces) if trace.rewritten or trace.scanned or trace.rows)
    unseen = (number for number, trace in enumerate(traces) if not _SHOWN.isdisjoint(trace.unknown))
    return Timeline(transactions, tuple(relations), tuple(busy), tuple(unseen))


def _blocked(number: int, trace: Trace) -> Iterator[tuple[str, str, Bar]]:
    """Each relation with its kind and a lock that the transaction holds on it when a statement ends."""
    for lock in trace.all_locks:
        waiting: dict[tuple[str, str], set[str]] = defaultdict(set)
        for waiter in waiters(lock):
            waiting[waiter.relation, waiter.kind].add(waiter.waits)
        if not waiting and _is_table(lock):
            waiting[lock.table, "table"] = set()
        for (relation, kind), waits in waiting.items():
            yield relation, kind, Bar(number, number, lock.mode, tuple(sorted(waits)))


def _is_table(lock: Lock) -> bool:
    return lock.relation == lock.table and lock.kind in {"table", "partitioned table", "materialized view"}


def _stronger(bar: Bar | None, other: Bar) -> Bar:
    """The lock of two for which more has to wait."""
    return max(filter(None, (bar, other)), key=lambda lock: (READS in lock.waits, lock.waits, MODES.index(lock.mode)))


def _joined(bars: Mapping[int, Bar], traces: Sequence[Trace]) -> Iterator[Bar]:
    """Bars of several statements where the lock is the same one statement after the other in a transaction."""
    joined: Bar | None = None
    for number, bar in bars.items():
        if (
            joined
            and number == joined.last + 1
            and (bar.mode, bar.waits) == (joined.mode, joined.waits)
            and traces[number].block == traces[joined.last].block
        ):
            joined = joined._replace(last=number)
        else:
            if joined:
                yield joined
            joined = bar
    if joined:
        yield joined


def _work(number: int, trace: Trace) -> Iterator[tuple[str, Work]]:
    """What a statement did with the rows of each table; `{rows}` stands for all that the table has."""
    for table in trace.rewritten:
        yield table, Work(number, "rewrite", "rewrites {rows}")
    for scan in trace.scanned:
        if scan.table not in trace.rewritten:
            often = f", {scan.times} times" if scan.times > 1 else ""
            yield scan.table, Work(number, "scan", f"reads {{rows}}{often}", "; ".join(scan.why))
    for table in trace.truncated:
        yield table, Work(number, "empty", "empties it")
    for rows in trace.rows:
        counts = {"inserts": rows.inserted, "updates": rows.updated, "deletes": rows.deleted}
        words = ", ".join(f"{verb} {count:,}" for verb, count in counts.items() if count)
        if words:
            yield rows.table, Work(number, "rows", words)


def _transactions(traces: Sequence[Trace]) -> Iterator[Transaction]:
    for _, members in groupby(enumerate(traces), key=lambda numbered: numbered[1].block):
        numbers = [number for number, _ in members]
        yield Transaction(numbers[0], numbers[-1], str(traces[numbers[-1]].ended))
