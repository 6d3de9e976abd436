"""ON08: nothing is dropped along with something else unless the file names it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, first_of
from pytest_ctb.model import Dropped, Finding, Statement, Trace
from pytest_ctb.sql import as_sql, cascades, identifiers, names_in, table_as_sql

_PARTS = {"column", "constraint", "trigger", "policy", "rule"}
_RUNS_BODIES = {"DO", "CALL", "SELECT", "SELECT INTO", "INSERT", "UPDATE", "DELETE", "MERGE"}
"""These may call what drops something."""
_WHOLE = {"table", "view", "materialized view", "foreign table", "function", "type", "sequence", "index"}


@check("no-surprise-cascade", scope=Scope.REPLAY)
def no_surprise_cascade(case: Case[NoOptions]) -> Iterator[Finding]:
    """Read the trace: what a statement dropped, less what the file names, what it made itself, and parts of what went.

    Parts are the columns, constraints, indexes and triggers of a dropped table, and what a dropped column needs.
    """
    drops = [trace for trace in applied(case).traces if trace.dropped]
    named = frozenset[str]().union(*map(identifiers, case.migration.sent)) if drops else frozenset[str]()
    for trace in drops:
        statement = case.migration.sent[trace.statement]
        gone = [dropped for dropped in _surprises(case, trace, statement) if not _names(dropped) <= named]
        if gone:
            yield case.finding(
                statement.position,
                f"drops {first_of([str(dropped.key) for dropped in gone])} along with what it names (CASCADE)",
                details="\n".join(f"dropped: {dropped.key}" for dropped in gone),
                objects="\n".join(map(_command, reversed(gone))),
            )


def _command(dropped: Dropped) -> str:
    """The statement that drops an object by its name."""
    kind, name = dropped.key
    if kind in {"trigger", "policy", "rule"}:
        on = table_as_sql(dropped.table)
        return f"DROP {kind.upper()} IF EXISTS {as_sql(name.removeprefix(f'{dropped.table}.'))} ON {on};"
    if kind in _PARTS:
        table = table_as_sql(dropped.table)
        part = as_sql(name.removeprefix(f"{dropped.table}."))
        return f"ALTER TABLE {table} DROP {kind.upper()} IF EXISTS {part};"
    written = name if kind == "function" else as_sql(*name.split("."))
    return f"DROP {kind.upper()} IF EXISTS {written};"


def _surprises(case: Case[NoOptions], trace: Trace, statement: Statement) -> Iterator[Dropped]:
    tables = {dropped.key.name for dropped in trace.dropped if dropped.key.kind in _WHOLE}
    columns = {dropped.table for dropped in trace.dropped if dropped.key.kind == "column"}
    parts = {dropped.key.name for dropped in trace.dropped if dropped.key.kind in _PARTS}
    parents = {lock.table: lock.parents for lock in trace.locks if lock.parents}
    of_table = {lock.relation: lock.table for lock in trace.locks if lock.kind == "index"}
    if not _may_cascade(case, statement):
        return  # what goes without a CASCADE belongs to what the statement names: a partition, say
    for dropped in trace.dropped:
        kind, name = dropped.key
        if dropped.own or dropped.cascade is False:
            continue
        if kind in _PARTS:
            if any(f"{parent}.{_bare(name)}" in parts for parent in parents.get(dropped.table, ())):
                continue  # a partition or child loses what its parent loses
            # A constraint goes with its column without a CASCADE; a foreign key of another table does not.
            if dropped.table not in tables and not (kind == "constraint" and dropped.table in columns):
                yield dropped
        elif kind == "index":
            table = of_table.get(name, "")
            if table and table not in tables | columns:
                yield dropped
        elif kind == "sequence":
            if not tables - {name} and not columns:
                yield dropped
        elif kind in _WHOLE:
            yield dropped


def _may_cascade(case: Case[NoOptions], statement: Statement) -> bool:
    """Whether a statement says CASCADE, or runs a text or a function that does."""
    if cascades(statement) or "cascade" in statement.sql.lower():
        return True
    called = {str(name) for name in names_in([statement]).uses if name.kind == "function"}
    if not called and statement.tag not in _RUNS_BODIES:
        return False
    bodies = [statement.sql for migration in case.repository.migrations for statement in migration.statements]
    return any("cascade" in body.lower() and any(name.rpartition(".")[2] in body for name in called) for body in bodies)


def _names(dropped: Dropped) -> set[str]:
    """The words by which a text names an object: its name, and that of the table that it is a part of."""
    name = _bare(dropped.key.name.partition("(")[0])
    return {name, dropped.table.rpartition(".")[2]} if dropped.table else {name}


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
