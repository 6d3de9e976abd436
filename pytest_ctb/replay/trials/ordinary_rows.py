"""Ordinary rows of a table: they differ, they have parents, and they are as the file expects them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import Any

import psycopg
from psycopg import sql

from pytest_ctb.replay.trials.expectations import AddedCheck, Expectations, Parent
from pytest_ctb.replay.trials.ordinary_values import ROWS, converted, ordinary
from pytest_ctb.replay.trials.target_tables import Column, TargetTable, Values, alternatives, likely_values

_CANDIDATES = 60
"""How many versions of a row are tried, at most, to meet a CHECK of the file."""
_MEETING = sql.SQL(
    "SELECT ordinality FROM pg_catalog.jsonb_populate_recordset(NULL::{table}, {rows}::pg_catalog.jsonb) "
    "WITH ORDINALITY AS {name} WHERE ({expression}) IS NOT FALSE ORDER BY ordinality"
)


class OrdinaryRows:
    """Plans the ordinary rows of one table."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        table: TargetTable,
        expected: Expectations,
        parents: Sequence[Parent],
        place: int,
    ) -> None:
        """`place` is that of the table among all that are filled."""
        self._connection = connection
        self._table = table
        self._expected = expected
        self._parents = parents
        self._place = place
        self.unmet = any(not parent.keys and expected.bound.issuperset(parent.key.columns) for parent in parents)
        """A row could not be made as the file expects it."""

    def row(self, number: int, *, nulls: bool = False) -> Values:
        """The row of a number, counted from 1; `nulls`: it has NULL wherever that is allowed."""
        row: Values = {}
        for column in self._table.columns:
            row[column.number] = None if nulls and not column.not_null else self._value(column, number)
        row = referring(self._table, row, self._parents, number - 1, nulls=nulls)
        for check in self._expected.checks:
            row = self._meeting(check, row, number, nulls=nulls)
        return row

    def distinct(self, rows: Iterable[Values]) -> list[Values]:
        """The rows without those that repeat a key which the file adds."""
        kept: list[Values] = []
        taken: set[tuple[frozenset[int], tuple[str | None, ...]]] = set()
        for row in rows:
            keys = {(key, tuple(row.get(column) for column in sorted(key))) for key in self._expected.keys}
            keys = {(key, values) for key, values in keys if None not in values}
            if not keys & taken:
                taken |= keys
                kept.append(row)
        return kept

    def _value(self, column: Column, number: int) -> str | None:
        key = column.number in self._table.unique_columns
        if key:  # what is copied from one table into a key of another one must not be there already
            number += ROWS * self._place
        conversion = self._expected.conversions.get(column.number)
        if conversion is None:
            likely = [] if key else likely_values(self._table, column)
            return likely[0] if likely else ordinary(column.type, number, key=key, name=column.name)
        text = converted(column.type, conversion.type, number, key=key, name=column.name)
        return self._formatted(conversion.type.name, text, conversion.format) if conversion.format else text

    def _formatted(self, type_name: str, text: str | None, pattern: str) -> str | None:
        """A date, a time or a number as the format of `to_date` and the like reads it."""
        query = sql.SQL("SELECT pg_catalog.to_char({}::pg_catalog.{}, {})")
        kind = "timestamptz" if type_name == "date" else type_name
        for (formatted,) in self._ask(query.format(sql.Literal(text), sql.Identifier(kind), sql.Literal(pattern))):
            return str(formatted).strip()
        return text

    def _meeting(self, check: AddedCheck, row: Values, number: int, *, nulls: bool) -> Values:
        """The row with values that a CHECK of the file allows; as it is where none are found."""
        columns = [self._table.column(column) for column in check.columns]
        values = [
            [row[column.number], *alternatives(self._table, column, check.expression, row[column.number], number)]
            for column in columns
            if row[column.number] is not None
        ]
        filled = [column.number for column in columns if row[column.number] is not None]
        candidates = [
            row | dict(zip(filled, combination, strict=True)) for combination in islice(product(*values), _CANDIDATES)
        ]
        if not filled or any(column.type.array or column.type.kind == "c" for column in columns):
            return row
        meeting = self._meeting_places(check, candidates)
        if meeting is None or (meeting and meeting[0] == 1):
            return row
        self.unmet |= not meeting and not nulls
        return candidates[meeting[min(number, len(meeting)) - 1] - 1] if meeting else row

    def _meeting_places(self, check: AddedCheck, candidates: Sequence[Values]) -> list[int] | None:
        """Which candidates meet a CHECK, counted from 1; None where the server cannot tell."""
        columns = [self._table.column(column) for column in check.columns]
        rows = [{column.name: _as_json(column, row[column.number]) for column in columns} for row in candidates]
        query = _MEETING.format(
            table=self._table.identifier,
            rows=sql.Literal(json.dumps(rows)),
            name=sql.Identifier(self._table.name),
            expression=sql.SQL(check.expression),  # the file's own
        )
        try:
            return [place for (place,) in self._ask(query, strict=True)]
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            return None

    def _ask(self, query: sql.Composed, *, strict: bool = False) -> list[tuple[Any, ...]]:
        """The rows of a query; none where the server refuses it, unless it shall be `strict`."""
        try:
            with self._connection.transaction():
                return self._connection.execute(query).fetchall()
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            if strict:
                raise
            return []


def referring(table: TargetTable, row: Values, parents: Sequence[Parent], number: int, *, nulls: bool) -> Values:
    """The row with values of its parents in the columns that refer to them; `nulls`: NULL where that is allowed."""
    row = dict(row)
    for parent in parents:
        key, keys = parent.key, parent.keys
        nullable = [column for column in key.columns if not table.column(column).not_null]
        if keys and not (nulls and nullable):
            row |= dict(zip(key.columns, keys[number % len(keys)], strict=True))
        elif key.referenced_table == table.oid and not nullable:
            referenced = zip(key.columns, key.referenced_columns, strict=True)
            row |= {column: row.get(other) for column, other in referenced}
        elif nullable and key in table.foreign_keys:
            row |= dict.fromkeys(nullable)
    return row


def _as_json(column: Column, text: str | None) -> Any:
    """A value as jsonb_populate_recordset reads it: it takes that of a JSON column as it is, all others as text."""
    if text is None or column.type.name not in {"json", "jsonb"}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
