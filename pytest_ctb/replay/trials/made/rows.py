"""Rows made for a file, and how they are inserted: what they do not say is as in a row that is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

import psycopg
from psycopg import sql

from pytest_ctb.replay.session.row_security import secured, switch
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.target_tables import TargetTable, Values, target_table

_BASES = (2, 3, 0, 1)
"""The rows that are there which complete a row, in this order: the first two may be unusual."""
_BASE = sql.Identifier("pytest_ctb_base")


class MadeRow(NamedTuple):
    """A row for a table: values for some of its columns; the rest is as in a row that is there."""

    table: int
    """Its oid."""
    values: Values
    base: int
    """Which row the rest is taken from, if the schema takes that: its place in `_BASES`."""
    place: int
    """That of the statement that it was made for, in `Migration.sent`."""


class NullsGone(NamedTuple):
    """Rows with NULL in one of these columns are taken away: one of them is enough for NOT IN to meet no row."""

    table: int
    columns: tuple[str, ...]
    place: int


def insert_made(session: Session, rows: Iterable[MadeRow | NullsGone]) -> None:
    """Insert rows that were made for a file; one that the schema refuses is left out. Raises psycopg.Error."""
    made = list(rows)
    if not made:
        return
    answers = session.ask("fillable", tables=sorted({row.table for row in made}))
    tables = {table.oid: table for table in (target_table(row) for (row,) in answers)}
    with all_rows(session, tables):
        for row in made:
            if (table := tables.get(row.table)) is None:
                continue
            if isinstance(row, NullsGone):
                take_nulls_away(session, table, row.columns)
            else:
                insert_row(session, table, row.values, row.base)


@contextmanager
def all_rows(session: Session, tables: Collection[int]) -> Iterator[None]:
    """Inside the block no policy hides a row of the tables (oids) or refuses one. Raises psycopg.Error."""
    policies = secured(session.connection, tables)
    with session.connection.transaction() if policies else nullcontext():
        switch(session.connection, policies, on=False, installed=session.installed)
        yield
        switch(session.connection, policies, on=True, installed=session.installed)


def take_nulls_away(session: Session, table: TargetTable, columns: Iterable[str]) -> bool:
    """Delete the rows with NULL in one of these columns: whether there were any."""
    null = sql.SQL(" OR ").join(sql.SQL("{} IS NULL").format(sql.Identifier(column)) for column in columns)
    return _changes_rows(session, sql.SQL("DELETE FROM {} WHERE {}").format(table.identifier, null))


def insert_row(session: Session, table: TargetTable, values: Values, base: int) -> bool:
    """Insert a row with these values, and the rest from a row that is there, or from another where the schema refuses.

    Returns whether a row was inserted.
    """
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    selected = sql.SQL(", ").join(
        sql.Literal(values[column.number])
        if column.number in values
        else sql.SQL("{}.{}").format(_BASE, sql.Identifier(column.name))
        for column in table.columns
    )
    always = sql.SQL("OVERRIDING SYSTEM VALUE" if any(column.identity for column in table.columns) else "")
    into = sql.SQL("INSERT INTO {} ({}) {}").format(table.identifier, columns, always)
    for offset in (*_BASES[base % len(_BASES) :], *_BASES[: base % len(_BASES)]):
        row = sql.SQL("(SELECT * FROM {} LIMIT 1 OFFSET {})").format(table.identifier, sql.Literal(offset))
        if _changes_rows(session, sql.SQL("{} SELECT {} FROM {} AS {}").format(into, selected, row, _BASE)):
            return True
    return False


def _changes_rows(session: Session, query: sql.Composed) -> bool:
    """Whether a statement changes rows; what the schema refuses changes none."""
    try:
        with session.connection.transaction():
            cursor = session.connection.execute(query)
            session.settle()
    except psycopg.Error:
        if session.connection.closed:
            raise
        return False
    return cursor.rowcount > 0
