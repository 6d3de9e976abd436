"""Rows offered to a table, with other values in place of those that it refuses, as long as its errors suggest some."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from itertools import product, repeat
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import Escaping

from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.expectations import Parent
from pytest_ctb.replay.trials.target_tables import TargetTable, Values, alternatives, find_check
from pytest_ctb.replay.trials.values import value
from pytest_ctb.replay.witness.refusals import Answers, Filling, Refusal, are_lasting

_TRIES = 60
"""How many versions of a row are inserted, in all, before it counts as impossible."""
_DIGIT = re.compile(r"\d")


class ChangedTableError(Exception):
    """A table does not take the rows that it took before: a trigger or a function is another now."""


class Offers:
    """Offers rows to the tables of a transaction. What a table is known to refuse is not offered again."""

    def __init__(self, session: Session, tables: Collection[int]) -> None:
        """`tables` are the oids of those that rows may be offered to."""
        self.inserts: list[bytes] = []
        """The statements that put rows in."""
        self.taken: dict[int, list[Values]] = {}
        """By oid of the table: the rows that it took, in the order in which they were offered."""
        self._session = session
        self._connection = session.connection
        self._number = 0
        self._known: list[Filling] = []  # to be repeated before anything else is sent
        self._beginnings: dict[int, bytes] = {}
        """By oid of the table: an INSERT up to its rows."""
        self._failed = False  # the last statement did, and is still to be taken back
        self._answers: dict[int, Answers] = {}
        """By oid of the table: how rows were answered; only of tables that have refused any."""
        self._look_up([oid for oid in tables if oid in session.refusals])

    def count_from(self, number: int) -> None:
        """Let `fresh` give the numbers above this one."""
        self._number = number

    def fresh(self) -> int:
        """A number that no value of this table was made of yet."""
        self._number += 1
        return self._number

    def offer(self, table: TargetTable, rows: Sequence[Values], parents: Sequence[Parent]) -> tuple[int, str]:
        """Insert rows, or others in place of those that are refused: how many; and why none, if there are none."""
        number = self._number
        attempts = [*self._attempts(table, rows, parents)]
        inserted = self._insert_together(table, attempts)
        if inserted is None:
            self._number, inserted, attempts = number, 0, []
            if table.oid not in self._answers:
                self._look_up([table.oid])
            for attempt in self._attempts(table, rows, parents):
                inserted += self._insert_version(table, attempt)
                attempts.append(attempt)
                if are_lasting(attempt.refusals):
                    self._answers[table.oid][attempt.likeness] = tuple(attempt.refusals)
        reasons = (attempt.refusals[-1].message for attempt in attempts if attempt.row is None)
        return inserted, next(reasons, "a trigger or a rule keeps rows out without a word")

    def repeat(self, table: TargetTable, filling: Filling) -> None:
        """Fill a table as it was filled before. What comes through here later may raise ChangedTableError."""
        self._known.append(filling)
        self.inserts += filling.inserts
        self.taken[table.oid] = [*map(dict, filling.rows)]

    def finish(self) -> None:
        """Send what is left, and let the transaction go on. Raises ChangedTableError, psycopg.Error."""
        self._send_known()
        self.take_back()

    def ask(self, query: sql.Composed) -> list[Any]:
        """What a query gives. Raises ChangedTableError, psycopg.Error."""
        return self._execute(query.as_bytes(self._connection)).fetchall()

    def take_back(self) -> None:
        """Let the transaction go on behind a statement that failed; what comes through here does so by itself."""
        if self._failed:
            self._connection.execute("ROLLBACK TO pytest_ctb; RELEASE pytest_ctb")
            self._failed = False

    def _look_up(self, tables: Sequence[int]) -> None:
        """Look up how tables, as they are now, have answered."""
        self.take_back()
        for ((oid, version),) in self._session.ask("versions", tables=tables) if tables else ():
            self._answers[oid] = self._session.refusals.of(oid, version)

    def _attempts(self, table: TargetTable, rows: Sequence[Values], parents: Sequence[Parent]) -> Iterator[Attempt]:
        """An attempt to insert each row, with the answers that are known; a new table is thought to take all rows."""
        answers = self._answers.get(table.oid)
        likenesses: Iterable[Hashable] = repeat(None) if answers is None else _likenesses(table, rows, parents)
        for place, (row, likeness) in enumerate(zip(rows, likenesses, strict=False)):
            known = () if answers is None else answers.get(likeness)
            yield Attempt(table, row, _TRIES if place == 0 else _TRIES // 4, self.fresh, likeness, known)

    def _insert_together(self, table: TargetTable, attempts: Sequence[Attempt]) -> int | None:
        """Insert what is known to be taken in one statement: how many rows; None where something is not known."""
        rows = [attempt.row for attempt in attempts if attempt.row is not None]
        if not all(attempt.known for attempt in attempts):
            return None
        inserted = self._insert(table, rows) if rows else 0
        return None if isinstance(inserted, Refusal) else inserted

    def _insert_version(self, table: TargetTable, attempt: Attempt) -> int:
        """Insert a row, or another version of it that the table takes: how many rows; 0 where it takes none."""
        while attempt.row is not None:
            inserted = self._insert(table, [attempt.row])
            if isinstance(inserted, int):
                return inserted
            attempt.refuse(inserted)
        return 0

    def _insert(self, table: TargetTable, rows: Sequence[Values]) -> Refusal | int:
        """Insert rows in one statement: how many were inserted, or the refusal."""
        if table.oid not in self._beginnings:
            self._beginnings[table.oid] = _beginning(table).as_bytes(self._connection)
        insert = self._beginnings[table.oid]
        if table.columns:
            insert += b", ".join(b"(%s)" % b", ".join(map(self._literal, row.values())) for row in rows)
        else:
            insert += b"SELECT FROM pg_catalog.generate_series(1, %d)" % len(rows)
        try:
            inserted = self._execute(insert).rowcount
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            return Refusal.of(error)
        self.inserts.append(insert)
        self.taken.setdefault(table.oid, []).extend(rows)
        return inserted

    def _literal(self, text: str | None) -> bytes:
        if text is None:
            return b"NULL"
        return Escaping(self._connection.pgconn).escape_literal(text.encode(self._connection.info.encoding))

    def _execute(self, query: bytes) -> psycopg.Cursor[Any]:
        """Run a query in a savepoint, so that the transaction goes on after an error.

        Raises ChangedTableError, psycopg.Error.
        """
        self._send_known()
        begin = b"ROLLBACK TO pytest_ctb" if self._failed else b"SAVEPOINT pytest_ctb"
        try:
            cursor = self._connection.execute(b"%s; %s; RELEASE pytest_ctb" % (begin, query))
        except psycopg.Error:
            self._failed = not self._connection.closed
            raise
        self._failed = False
        cursor.nextset()
        return cursor

    def _send_known(self) -> None:
        """Repeat all fillings in one message: each takes what it took, or none counts."""
        known, self._known = self._known, []
        if not known:
            return
        self.take_back()
        try:
            cursor = self._connection.execute(b";".join(insert for filling in known for insert in filling.inserts))
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            raise ChangedTableError from error
        inserted = max(cursor.rowcount, 0)
        while cursor.nextset():
            inserted += max(cursor.rowcount, 0)
        if inserted != sum(filling.inserted for filling in known):
            raise ChangedTableError


class Attempt:
    """A row to offer to a table, and after each refusal what to offer in its place."""

    def __init__(
        self,
        table: TargetTable,
        row: Values,
        tries: int,
        fresh: Callable[[], int],
        likeness: Hashable,
        known: Sequence[Refusal] | None,
    ) -> None:
        """At most `tries` rows are offered; `fresh` gives a number that no value was made of yet.

        `known` are the refusals that rows of this likeness met before one was taken, or none was left; None: not known.
        """
        self.row: Values | None = row
        """What to offer next; None where nothing is left."""
        self.refusals: list[Refusal] = []
        self.likeness = likeness
        self.known = known is not None
        self._table = table
        self._left = tries
        self._fresh = fresh
        self._adjusted: Iterator[Values] = iter(())
        self._last_constraint: tuple[str, str] | None = None
        for refusal in known or ():
            self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Go on behind the refusal of the current row."""
        if self.row is None:
            return
        self.refusals.append(refusal)
        constraint = (refusal.sqlstate, refusal.constraint or refusal.column)
        wrong_guess = self._last_constraint is not None and refusal.sqlstate.startswith("22")
        if self._last_constraint != constraint and not wrong_guess:
            self._last_constraint = constraint
            self._adjusted = _adjusted_rows(self._table, dict(self.row), refusal, self._fresh)
        self._left -= 1
        following = next(self._adjusted, None)
        self.row = following if self._left else None


def _likenesses(table: TargetTable, rows: Sequence[Values], parents: Sequence[Parent]) -> Iterator[Hashable]:
    """Of each row what decides how it is refused, in a table whose constraints stay as they are.

    These are the columns that constraints are about, and what may stand in their place; the values of these columns, in
    this row and in those before it; and whether there are parents to refer to. Of the values of keys, which are others
    in each file, only their form counts, and which of them are equal.
    """
    keys = table.unique_columns | {number for parent in parents for number in parent.key.columns}
    bound = keys | {number for check in table.checks for number in check.columns} | {*table.partitioned_by}
    bound |= {column.number for column in table.columns if column.checks}
    if table.bounds and not table.partitioned_by:
        bound |= {column.number for column in table.columns}
    columns = [column for column in table.columns if column.number in bound]
    likeness: Hashable = (
        (tuple(columns), table.checks, table.unique, table.bounds),
        tuple(bool(parent.keys) for parent in parents),
    )
    first: dict[tuple[int, str | None], int] = {}
    for place, row in enumerate(rows):
        values = [(column.number, row.get(column.number)) for column in columns]
        likeness = (
            likeness,
            tuple(_form(text) if number in keys else text for number, text in values),
            tuple(first.setdefault(value, place) for value in values if value[0] in keys),
        )
        yield likeness


def _form(text: str | None) -> str | None:
    return None if text is None else _DIGIT.sub("0", text)


def _beginning(table: TargetTable) -> sql.Composed:
    """An INSERT up to its rows."""
    if not table.columns:
        return sql.SQL("INSERT INTO {} ").format(table.identifier)
    always = sql.SQL("OVERRIDING SYSTEM VALUE" if any(column.identity for column in table.columns) else "")
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    return sql.SQL("INSERT INTO {} ({}) {} VALUES ").format(table.identifier, names, always)


def _adjusted_rows(table: TargetTable, row: Values, refusal: Refusal, fresh: Callable[[], int]) -> Iterator[Values]:
    """The row with other values in the columns that a refusal is about."""
    columns: Sequence[int] = ()
    text = ""
    match refusal.sqlstate:
        case "23514" if refusal.constraint:
            columns, text = find_check(table, refusal.constraint)
        case "23514":
            columns, text = table.partitioned_by or [column.number for column in table.columns], table.bounds
        case "23505" | "23P01":
            columns = sorted(next((index.columns for index in table.unique if index.name == refusal.constraint), ()))
        case state if state.startswith("22"):
            yield from _plain_rows(table, row)
            return
        case _:
            columns = [column.number for column in table.columns if column.name == refusal.column]
    values = [alternatives(table, table.column(number), text, row.get(number), fresh()) for number in columns]
    for combination in product(*values):
        if combination:
            yield row | dict(zip(columns, combination, strict=True))


def _plain_rows(table: TargetTable, row: Values) -> Iterator[Values]:
    """The row without guesses and constants; then also with NULL where it is allowed."""
    plain = {
        number: referred if number in table.referring_columns else value(table.column(number).type, wide=False)
        for number, referred in row.items()
    }
    yield {number: plain[number] if row[number] is not None else None for number in row}
    yield {number: plain[number] if table.column(number).not_null else None for number in row}
