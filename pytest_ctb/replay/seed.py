"""Made-up rows for empty tables, so that what a migration does to rows can be seen.

Made the same way every time, out of what the catalogs say of a table: its types, keys, CHECKs. No sequence is used up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, product
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from pytest_ctb.replay.session import Session
from pytest_ctb.replay.values import TEXTS, Type, fits, guesses, value

_TRIES = 60
"""How often a row is offered to a table, in all, until it counts as one that cannot be filled."""
_CONSTANTS = 8
_COMPARED = {
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "bool"), 4),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), 32),
    "uuid": 36,
}
"""Types that take a constant of the file, and how long it may be; longer numbers are those of keys, and may collide."""


@dataclass(frozen=True)
class Seeded:
    """What became of it, by the number of the table: how many rows were made, or why none could be."""

    rows: Mapping[int, int] = field(default_factory=dict)
    unfilled: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    """Of each of these tables, as Schema has it."""


class _Column(NamedTuple):
    number: int
    name: str
    not_null: bool
    identity: bool
    type: Type
    checks: tuple[tuple[str, str], ...]


class _Reference(NamedTuple):
    columns: tuple[int, ...]
    table: int
    there: tuple[int, ...]
    deferrable: bool


class _Table(NamedTuple):
    oid: int
    told: str
    name: sql.Identifier
    columns: tuple[_Column, ...]
    checks: tuple[tuple[str, tuple[int, ...], str], ...]
    references: tuple[_Reference, ...]
    unique: tuple[tuple[str, frozenset[int]], ...]
    """Name and columns; of an index on expressions, those that it names."""
    bounds: str
    """What the text of the partition's bounds, or of its parts', says; empty for an ordinary table."""
    parts: int | None
    """Of a partitioned table: how many it has."""


Row = dict[int, str | None]


def seed(session: Session, tables: Sequence[int], constants: Sequence[str] = ()) -> Seeded:
    """Put about four rows into each of these tables (by oid) that is empty, and into those that they reference.

    Inside an open transaction of the caller. There are two equal rows but for what is unique, with wide values; a small
    one; one with NULL wherever it may be; and for each of the `constants` one that holds it where its type takes it.
    Raises psycopg.OperationalError where the server is lost.
    """
    if not tables:
        return Seeded()
    found = {one.oid: one for one in (_table(row) for (row,) in session.ask("fillable", tables=list(tables)))}
    unfit: dict[int, str] = {}
    while True:
        try:
            with session.connection.transaction():
                seeded = _Filler(session.connection, found, constants[:_CONSTANTS], unfit).fill(tables)
                session.settle()
                return seeded
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:  # rows that break a constraint at COMMIT are rows that could not be made
            name = f"{error.diag.schema_name}.{error.diag.table_name}"
            breaking = {oid for oid, table in found.items() if table.told == name} - unfit.keys()
            if unfit.keys() >= found.keys():
                raise
            unfit |= dict.fromkeys(breaking or found.keys() - unfit.keys(), _reason(error))


def _table(row: tuple[Any, ...]) -> _Table:
    oid, schema, name, _, bound, columns, constraints, indexes, parts = row
    told = tuple(map(_column_of, columns or ()))
    return _Table(
        oid,
        f"{schema}.{name}",
        sql.Identifier(schema, name),
        told,
        tuple((c[0], tuple(c[2] or ()), c[6]) for c in constraints or () if c[1] == "c"),
        tuple(_Reference(tuple(c[2]), c[3], tuple(c[4]), c[5]) for c in constraints or () if c[1] == "f"),
        tuple((index, _indexed(key, text, told)) for index, key, text in indexes or ()),
        " ".join(filter(None, [bound, *(parts or ())])),
        None if row[3] == "r" else len(parts or ()),
    )


def _column_of(row: Sequence[Any]) -> _Column:
    number, name, not_null, identity, base, kind, limit, is_array, labels, fields, checks, type_not_null = row
    of = Type(base, kind, limit, tuple(labels or ()), fields, is_array)
    return _Column(number, name, not_null or type_not_null, identity, of, tuple((c, text) for c, text in checks or ()))


def _indexed(key: Sequence[int], text: str, columns: Iterable[_Column]) -> frozenset[int]:
    named = {one.number for one in columns if 0 in key and one.name in text.partition(" USING ")[2]}
    return frozenset({one for one in key if one} | named)


class _Filler:
    """Fills tables, each after those that it references."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        tables: Mapping[int, _Table],
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

    def fill(self, wanted: Sequence[int]) -> Seeded:
        """Fill them all."""
        self._look()
        for oid in wanted:
            if oid in self._tables:
                self._fill(self._tables[oid])
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

    def _fill(self, table: _Table) -> None:
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

    def _parents(self, one: _Reference) -> list[tuple[str | None, ...]]:
        """The keys that the rows may refer to."""
        table = self._tables.get(one.table)
        if table is None:
            return []
        names = [column.name for wanted in one.there for column in table.columns if column.number == wanted]
        if len(names) != len(one.there):
            return []
        columns = sql.SQL(", ").join(sql.SQL("{}::pg_catalog.text").format(sql.Identifier(each)) for each in names)
        return self._tried(sql.SQL("SELECT {} FROM {} LIMIT 20").format(columns, table.name)).fetchall()

    def _plans(self, table: _Table, parents: Sequence[Sequence[tuple[str | None, ...]]]) -> Iterator[Row]:
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
                if one.number not in unique | referring and _accepts(one.type, constant)
            ]
            if takes:
                yield row | dict.fromkeys(takes, constant)

    def _plan(
        self,
        table: _Table,
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
            likely = _likely(table, one)
            if likely and not serial:
                row[one.number] = likely[0]
            else:
                row[one.number] = value(one.type, wide=wide, number=serial)
        for reference, keys in zip(table.references, parents, strict=True):
            nullable = [n for n in reference.columns if not _column(table, n).not_null]
            if keys and not (empty and nullable):
                row |= dict(zip(reference.columns, keys[number % len(keys)], strict=True))
            elif reference.table == table.oid and not nullable:
                row |= {mine: row.get(theirs) for mine, theirs in zip(reference.columns, reference.there, strict=True)}
            elif nullable:
                row |= dict.fromkeys(nullable)
        return row

    def _coax(self, table: _Table, row: Row, tries: int) -> int | str:
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

    def _others(self, table: _Table, row: Row, error: psycopg.Error) -> Iterator[Row]:
        """The same row with other values in the columns that the server complains of."""
        name = error.diag.constraint_name or ""
        columns: Sequence[int] = ()
        text = ""
        match error.sqlstate:
            case "23502":
                columns = [one.number for one in table.columns if one.name == error.diag.column_name]
            case "23514" if name:
                columns, text = _checked(table, name)
            case "23514":
                columns, text = [one.number for one in table.columns], table.bounds
            case "23505" | "23P01":
                columns = sorted(next((each for index, each in table.unique if index == name), ()))
            case str(state) if state.startswith("22"):
                yield from self._plainer(table, row)
                return
            case _:
                columns = [one.number for one in table.columns if one.name == error.diag.column_name]
        choices = [_choices(table, _column(table, one), text, row.get(one), next(self._numbers)) for one in columns]
        for chosen in product(*choices):
            if chosen:
                yield row | dict(zip(columns, chosen, strict=True))

    def _plainer(self, table: _Table, row: Row) -> Iterator[Row]:
        """The row with the values that came from a guess or a constant as the type has them; then with fewer values."""
        plain = {n: row[n] if n in _referring(table) else value(_column(table, n).type, wide=False) for n in row}
        yield {n: plain[n] if row[n] is not None else None for n in row}
        yield {n: plain[n] if _column(table, n).not_null else None for n in row}

    def _insert(self, table: _Table, rows: Sequence[Row]) -> psycopg.Error | int:
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


def _referring(table: _Table) -> set[int]:
    return {each for one in table.references for each in one.columns}


def _column(table: _Table, number: int) -> _Column:
    return next(one for one in table.columns if one.number == number)


def _likely(table: _Table, column: _Column) -> list[str]:
    """Values that a CHECK of this column alone speaks of."""
    if column.type.name not in TEXTS or column.type.kind == "e":
        return []
    texts = [text for _, columns, text in table.checks if columns == (column.number,)]
    texts += [text for _, text in column.checks]
    quoted = [one for one in texts if "'" in one]
    return [one for text in quoted for one in guesses(text, column.type)] if quoted else []


def _checked(table: _Table, name: str) -> tuple[Sequence[int], str]:
    for check, columns, text in table.checks:
        if check == name:
            return columns, text
    for column in table.columns:
        for check, text in column.checks:
            if check == name:
                return [column.number], text
    return (), ""


def _choices(table: _Table, column: _Column, text: str, now: str | None, number: int) -> list[str | None]:
    """Other values for a column, likely ones first; where a CHECK of its own names some, no others."""
    found: list[str | None] = list(_likely(table, column))
    if not found:
        found = list(guesses(text, column.type)) if text else []
        found += [value(column.type, wide=wide, number=each) for each in (0, number) for wide in (False, True)]
    if column.type.labels:
        found += column.type.labels
    if not column.not_null:
        found.append(None)
    return list(dict.fromkeys(found)) or [now]


def _accepts(of: Type, constant: str) -> bool:
    if of.array or of.kind in "crm":
        return False
    if of.kind == "e":
        return constant in of.labels
    if of.name in {"text", "citext"}:
        return True
    if of.name in {"varchar", "bpchar"}:
        return of.limit < 0 or len(constant) <= of.limit - 4
    if of.name in _COMPARED:
        return len(constant) <= _COMPARED[of.name] and fits(of, constant)
    return False


def _reason(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
