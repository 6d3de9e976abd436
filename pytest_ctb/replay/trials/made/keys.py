"""The foreign keys of rows that are made for a file: which parents there are, and which have no child yet."""

from __future__ import annotations

from psycopg import sql

from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.made.candidates import read
from pytest_ctb.replay.trials.target_tables import Column, ForeignKey, TargetTable, Values, target_table


def table_of(session: Session, oid: int) -> TargetTable | None:
    """The table of this oid; None where rows cannot be made for it."""
    tables = (target_table(row) for (row,) in session.ask("fillable", tables=[oid]))
    return next((table for table in tables if table.oid == oid), None)


def next_number(session: Session, table: TargetTable, column: Column) -> int | None:
    """The number after the greatest of a column, which is in the bounds of a partition where others are."""
    if column.type.name not in {"int2", "int4", "int8"} or column.type.array:
        return None
    query = sql.SQL("SELECT CAST(pg_catalog.max({}) OPERATOR(pg_catalog.+) 1 AS pg_catalog.text) FROM {}").format(
        sql.Identifier(column.name), table.identifier
    )
    rows = read(session, query.as_string(session.connection))
    return int(rows[0][0]) if rows and rows[0][0] is not None else None


def free_key(session: Session, table: TargetTable, key: ForeignKey) -> Values:
    """Values of a foreign key that no row of the table has yet."""
    parent = table_of(session, key.referenced_table)
    if parent is None:
        return {}
    names = [parent.column(number).name for number in key.referenced_columns]
    own = [table.column(number).name for number in key.columns]
    columns = sql.SQL(", ").join(
        sql.SQL("CAST({} AS pg_catalog.text)").format(sql.Identifier("p", name)) for name in names
    )
    same = sql.SQL(" AND ").join(
        sql.SQL("{} OPERATOR(pg_catalog.=) {}").format(sql.Identifier("c", a), sql.Identifier("p", b))
        for a, b in zip(own, names, strict=True)
    )
    query = sql.SQL("SELECT {} FROM {} AS p WHERE NOT EXISTS (SELECT FROM {} AS c WHERE {}) LIMIT 1").format(
        columns, parent.identifier, table.identifier, same
    )
    rows = read(session, query.as_string(session.connection)) or []
    return dict(zip(key.columns, rows[0], strict=True)) if rows else {}
