"""Made-up rows for empty tables, so that what a migration does to rows can be seen.

Made the same way every time, out of what the catalogs say of a table: its types, keys, CHECKs. No sequence is used up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, product
from typing import Any

import psycopg
from psycopg import sql

from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.fillable import (
    Reference,
    Row,
    Table,
    accepts,
    checked,
    choices,
    column,
    likely,
    referring,
    table_of,
)
from pytest_ctb.replay.trials.values import value

_TRIES = 60
"""How often a row is offered to a table, in all, until it counts as one that cannot be filled."""
_CONSTANTS = 8


@dataclass(frozen=True)
class Seeded:
    """What became of it, by the number of the table: how many rows were made, or why none could be."""

    rows: Mapping[int, int] = field(default_factory=dict)
    unfilled: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    """Of each of these tables, as Schema has it."""


def seed(session: Session, tables: Sequence[int], constants: Sequence[str] = ()) -> Seeded:
    """Put about four rows into each of these tables (by oid) that is empty, and into those that they reference.

    Inside an open transaction of the caller. There are two equal rows but for what is unique, with wide values; a small
    one; one with NULL wherever it may be; and for each of the `constants` one that holds it where its type takes it.
    Raises psycopg.OperationalError where the server is lost.
    """
    if not tables:
        return Seeded()
    found = {one.oid: one for one in (table_of(row) for (row,) in session.ask("fillable", tables=list(tables)))}
    unfit: dict[int, str] = {}
    while True:
        try:
            with session.connection.transaction():
                filler = _Filler(session.connection, found, constants[:_CONSTANTS], unfit)
                filler.fill(tables)
                session.settle()
                return filler.seeded()
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:  # rows that break a constraint at COMMIT are rows that could not be made
            name = f"{error.diag.schema_name}.{error.diag.table_name}"
            breaking = {oid for oid, table in found.items() if table.told == name} - unfit.keys()
            if unfit.keys() >= found.keys():
                raise
            unfit |= dict.fromkeys(breaking or found.keys() - unfit.keys(), _reason(error))


class _Filler:
    """Fills tables, each after those that it references."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        tables: Mapping[int, Table],
        constants: Sequence[str],
        unfit: Mapping[int, str],
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._constants = constants
        self._rows: dict[int, int] = {}
        self._unfilled: dict[int, str] = dict(unfit)
        self._visited: set[int] = set(unfit)
        self._holds: dict[int, bool] = {}
        self._numbers = count(1)

    def fill(self, wanted: Sequence[int]) -> None:
        """Fill them all."""
        self._look()
        for oid in wanted:
            if oid in self._tables:
                self._fill(self._tables[oid])

    def seeded(self) -> Seeded:
        """What there is now: a trigger may have taken rows away again, as late as at the COMMIT."""
        if self._rows:
            self._look()
        for oid in [one for one in self._rows if not self._holds.get(one, True)]:
            self._unfilled[oid] = "a trigger or a rule takes its rows away again"
            del self._rows[oid]
        names = {oid: self._tables[oid].told for oid in (*self._rows, *self._unfilled)}
        return Seeded(self._rows, self._unfilled, names)

    def _look(self) -> None:
        """Which of them hold rows; asked for all at once, and one by one where that fails for any."""
        exists = [sql.SQL("EXISTS (SELECT FROM {})").format(one.name) for one in self._tables.values()]
        try:
            (held,) = self._tried(sql.SQL("SELECT {}").format(sql.SQL(", ").join(exists))).fetchall()
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            held = ()
        self._holds = dict(zip(self._tables, held, strict=False))

    def _fill(self, table: Table) -> None:
        if table.oid in self._visited:
            return
        self._visited.add(table.oid)
        for one in table.references:
            if one.table in self._tables:
                self._fill(self._tables[one.table])
        if table.oid not in self._holds:
            try:
                query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table.name)
                ((self._holds[table.oid],),) = self._tried(query).fetchall()
            except psycopg.Error as error:
                self._unfilled[table.oid] = _reason(error)
                return
        if self._holds[table.oid]:
            return
        if table.parts == 0:
            self._unfilled[table.oid] = "it is partitioned, and has no partition yet"
            return
        parents = [self._parents(one) for one in table.references]
        plans = list(self._plans(table, parents))
        made, why = 0, "a trigger or a rule keeps rows out without a word"
        at_once = self._insert(table, plans)
        if isinstance(at_once, int):
            made = at_once
        else:
            reasons = []
            for place, plan in enumerate(plans):
                fared = self._coax(table, plan, _TRIES if place == 0 else _TRIES // 4)
                if isinstance(fared, int):
                    made += fared
                else:
                    reasons.append(fared)
            why = next(iter(reasons), why)
        if made:
            self._rows[table.oid] = made
        else:
            self._unfilled[table.oid] = why

    def _parents(self, one: Reference) -> list[tuple[str | None, ...]]:
        """The keys that the rows may refer to."""
        table = self._tables.get(one.table)
        if table is None:
            return []
        names = [column.name for wanted in one.there for column in table.columns if column.number == wanted]
        if len(names) != len(one.there):
            return []
        columns = sql.SQL(", ").join(sql.SQL("{}::pg_catalog.text").format(sql.Identifier(each)) for each in names)
        return self._tried(sql.SQL("SELECT {} FROM {} LIMIT 20").format(columns, table.name)).fetchall()

    def _plans(self, table: Table, parents: Sequence[Sequence[tuple[str | None, ...]]]) -> Iterator[Row]:
        """The rows as they should be: wide, wide, small, NULLs, and one for each constant."""
        unique = frozenset().union(*(columns for _, columns in table.unique)) if table.unique else frozenset()
        for number, (wide, empty) in enumerate([(True, False), (True, False), (False, False), (False, True)]):
            yield self._plan(table, parents, number, unique, wide=wide, empty=empty)
        referring = {each for one in table.references for each in one.columns}
        for number, constant in enumerate(self._constants, start=4):
            row = self._plan(table, parents, number, unique, wide=False, empty=False)
            takes = [
                one.number
                for one in table.columns
                if one.number not in unique | referring and accepts(one.type, constant)
            ]
            if takes:
                yield row | dict.fromkeys(takes, constant)

    def _plan(
        self,
        table: Table,
        parents: Sequence[Sequence[tuple[str | None, ...]]],
        number: int,
        unique: frozenset[int],
        *,
        wide: bool,
        empty: bool,
    ) -> Row:
        row: Row = {}
        distinct = next(self._numbers)
        for one in table.columns:
            if empty and not one.not_null and one.number not in unique:
                row[one.number] = None
                continue
            serial = distinct if one.number in unique else 0
            values = likely(table, one)
            if values and not serial:
                row[one.number] = values[0]
            else:
                row[one.number] = value(one.type, wide=wide, number=serial)
        for reference, keys in zip(table.references, parents, strict=True):
            nullable = [n for n in reference.columns if not column(table, n).not_null]
            if keys and not (empty and nullable):
                row |= dict(zip(reference.columns, keys[number % len(keys)], strict=True))
            elif reference.table == table.oid and not nullable:
                row |= {mine: row.get(theirs) for mine, theirs in zip(reference.columns, reference.there, strict=True)}
            elif nullable:
                row |= dict.fromkeys(nullable)
        return row

    def _coax(self, table: Table, row: Row, tries: int) -> int | str:
        """Offer a row, and others in its place as long as the server says what is wrong: the rows made, or why none."""
        reason = ""
        options: Iterator[Row] = iter(())
        about = None
        for _ in range(tries):
            error = self._insert(table, [row])
            if isinstance(error, int):
                return error
            reason = _reason(error)
            constraint = (error.sqlstate, error.diag.constraint_name or error.diag.column_name)
            unfit = about is not None and (error.sqlstate or "").startswith("22")  # one of the options was a bad guess
            if about != constraint and not unfit:
                about, options = constraint, self._others(table, dict(row), error)
            following = next(options, None)
            if following is None:
                break
            row = following
        return reason

    def _others(self, table: Table, row: Row, error: psycopg.Error) -> Iterator[Row]:
        """The same row with other values in the columns that the server complains of."""
        name = error.diag.constraint_name or ""
        columns: Sequence[int] = ()
        text = ""
        match error.sqlstate:
            case "23502":
                columns = [one.number for one in table.columns if one.name == error.diag.column_name]
            case "23514" if name:
                columns, text = checked(table, name)
            case "23514":
                columns, text = [one.number for one in table.columns], table.bounds
            case "23505" | "23P01":
                columns = sorted(next((each for index, each in table.unique if index == name), ()))
            case str(state) if state.startswith("22"):
                yield from self._plainer(table, row)
                return
            case _:
                columns = [one.number for one in table.columns if one.name == error.diag.column_name]
        options = [choices(table, column(table, one), text, row.get(one), next(self._numbers)) for one in columns]
        for chosen in product(*options):
            if chosen:
                yield row | dict(zip(columns, chosen, strict=True))

    def _plainer(self, table: Table, row: Row) -> Iterator[Row]:
        """The row with the values that came from a guess or a constant as the type has them; then with fewer values."""
        plain = {n: row[n] if n in referring(table) else value(column(table, n).type, wide=False) for n in row}
        yield {n: plain[n] if row[n] is not None else None for n in row}
        yield {n: plain[n] if column(table, n).not_null else None for n in row}

    def _insert(self, table: Table, rows: Sequence[Row]) -> psycopg.Error | int:
        columns = [one for one in table.columns if any(one.number in row for row in rows)]
        if not columns:
            query = sql.SQL("INSERT INTO {} SELECT FROM pg_catalog.generate_series(1, {})").format(
                table.name, len(rows)
            )
        else:
            always = sql.SQL("OVERRIDING SYSTEM VALUE" if any(one.identity for one in columns) else "")
            given = sql.SQL(", ").join(
                sql.SQL("({})").format(sql.SQL(", ").join(sql.Literal(row.get(one.number)) for one in columns))
                for row in rows
            )
            names = sql.SQL(", ").join(sql.Identifier(one.name) for one in columns)
            query = sql.SQL("INSERT INTO {} ({}) {} VALUES {}").format(table.name, names, always, given)
        try:
            return self._tried(query).rowcount
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            return error

    def _tried(self, query: sql.Composed) -> psycopg.Cursor[Any]:
        """What the query gave; where it failed, the transaction goes on as if it had not been. Raises psycopg.Error."""
        within = sql.SQL("SAVEPOINT pytest_ctb; {}; RELEASE pytest_ctb").format(query)
        try:
            cursor = self._connection.execute(within)
        except psycopg.Error:
            if not self._connection.closed:
                self._connection.execute("ROLLBACK TO pytest_ctb; RELEASE pytest_ctb")
            raise
        cursor.nextset()
        return cursor


def _reason(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
