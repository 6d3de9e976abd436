"""ON05: many rows are changed in batches, each of which commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_ctb.checks import Case, Scope, applied, check, first_of
from pytest_ctb.checks.online._rates import Kind, duration, measured_on
from pytest_ctb.checks.online._tables import Large, Tables
from pytest_ctb.checks.online._writes import Write, Writes
from pytest_ctb.model import Finding, TableSize, Trial
from pytest_ctb.sql import Effects, as_files, safe_way, table_as_sql


@check("in-batches", scope=Scope.REPLAY, options=Large, needs=[Trial.ON_ROWS])
def in_batches(case: Case[Large]) -> Iterator[Finding]:
    """Count the rows that a transaction updates and deletes, on tables with rows that were there before the file.

    A small table of made-up rows stands for a large one: the share of its rows counts. Where the text bounds the rows,
    by a whole unique key or by a LIMIT, the bound counts. A procedure or DO block that commits works in batches.
    """
    file = applied(case)
    tables, writes = Tables(case, file.traces), Writes(case, file)

    many: dict[int, list[_Many]] = defaultdict(list)
    for (_, table), some in _together(writes.seen).items():
        size = tables.size(table)
        expected = _total([write.share(size) for write in some]) if size else None
        if tables.is_large(table) and (expected is None or expected.rows > case.options.rows):
            many[some[0].statement].append(_Many(some[0], expected))
    for statement in sorted(many):
        yield _finding(case, tables, many[statement])


class _Many(NamedTuple):
    """A transaction changes many rows of a table."""

    first: Write
    """The first statement that does."""
    expected: TableSize | None
    """How many rows in production, and their bytes; None where the size of the table is not known."""

    @property
    def time(self) -> str:
        """About how long it takes, in words."""
        kind = Kind.DELETE if self.first.what == "deletes" else Kind.UPDATE
        return f"{self.first.what} rows of {self.first.table}: {duration([kind], self.expected)} ({measured_on()})"


def _total(sizes: Sequence[TableSize]) -> TableSize:
    return TableSize(sum(size.rows for size in sizes), sum(size.bytes for size in sizes))


def _together(writes: Sequence[Write]) -> Mapping[tuple[int, str], Sequence[Write]]:
    """The writes of each transaction to each table."""
    together: dict[tuple[int, str], list[Write]] = defaultdict(list)
    for write in writes:
        together[write.block, write.table].append(write)
    return together


def _finding(case: Case[Large], tables: Tables, many: Sequence[_Many]) -> Finding:
    write = many[0].first
    statement = case.migration.sent[write.statement]
    seen = (
        f"{write.rows} of the {write.there} that it held in the trial" if write.rows else "its text does not bound them"
    )
    expected = sum(changed.expected.rows for changed in many if changed.expected and changed.first.rows)
    production = f", about {expected:,} in production" if expected else ""
    names = [changed.first.table for changed in many]
    steps = safe_way(statement, Effects())
    return case.finding(
        statement.position,
        f"{write.what} rows of {first_of(names)} in one transaction: {seen}{production}",
        instead=as_files(steps) if steps else None,
        details="\n".join([*filter(None, map(tables.worded, names)), *(changed.time for changed in many)]),
        table=table_as_sql(names[0]),
    )
