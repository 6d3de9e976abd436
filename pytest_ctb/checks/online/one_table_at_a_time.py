"""ON03: a transaction locks one large table for reads at a time."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, Scope, applied, check
from pytest_ctb.checks.online._tables import HELD, Large, Tables
from pytest_ctb.model import Finding, Lock, Statement, Trace
from pytest_ctb.sql import alterations, identifiers, relation, table_as_sql


@check("one-table-at-a-time", scope=Scope.REPLAY, options=Large)
def one_table_at_a_time(case: Case[Large]) -> Iterator[Finding]:
    """Read the trace: a large table is locked ACCESS EXCLUSIVE while the transaction holds that lock on another.

    A table, its partitions and its children count as one. Tables that a statement locks and does not name are those
    that Postgres locks along with the named one: they count for nothing. Of an ALTER TABLE the altered table counts.
    """
    file = applied(case)
    tables = Tables(case, file.traces)
    block, held, reported = 0, dict[str, tuple[frozenset[str], int]](), False
    for trace in file.traces:
        if trace.block != block:
            block, held, reported = trace.block, {}, False
        if trace.divided:
            continue  # it committed in the middle of itself: which locks it held together nobody saw
        statement = case.migration.sent[trace.statement]
        for lock in _chosen(statement, trace, tables):
            family = frozenset({lock.table, *lock.parents})
            others = [(table, since) for table, (other, since) in held.items() if not family & other]
            if others and not reported:
                reported = True
                yield _finding(case, statement, lock.table, others[0])
            held.setdefault(lock.table, (family, trace.statement))


def _chosen(statement: Statement, trace: Trace, tables: Tables) -> list[Lock]:
    """The locks of a statement that its author chose: those on tables that it names, else all."""
    locks = [
        lock
        for lock in trace.locks
        if lock.mode == "ACCESS EXCLUSIVE" and lock.kind in HELD and tables.is_large(lock.table)
    ]
    if not locks:
        return []
    altered = relation(statement) if alterations(statement) else None
    named = identifiers(statement) if not altered else {altered.name}
    hides = any(inner.unread for inner in statement.walk())
    by_name = [lock for lock in locks if {lock.table.rpartition(".")[2], lock.relation.rpartition(".")[2]} & named]
    return by_name if by_name and not hides else locks


def _finding(case: Case[Large], statement: Statement, table: str, other: tuple[str, int]) -> Finding:
    name, since = other
    first = case.migration.sent[since]
    where = "by the same statement" if first is statement else f"since line {first.position.line}"
    return case.finding(
        statement.position,
        f"locks {table} ACCESS EXCLUSIVE while the transaction holds that lock on {name} ({where})",
        table=table_as_sql(table),
        other=table_as_sql(name),
    )
