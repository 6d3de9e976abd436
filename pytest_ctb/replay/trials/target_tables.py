"""The tables that rows are generated for: columns, keys and CHECKs, and the values that a column may take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from psycopg import sql

from pytest_ctb.replay.trials.values import TEXTS, Type, fits, guesses, value

_COMPARED = {
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "bool"), 4),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), 32),
    "uuid": 36,
}
"""Types that take a constant of the file, and its greatest length: longer numbers may collide with keys."""


class Column(NamedTuple):
    """A column of a target table."""

    number: int
    name: str
    not_null: bool
    identity: bool
    type: Type
    checks: tuple[tuple[str, str], ...]
    """Name and text of each CHECK of its domain."""


class ForeignKey(NamedTuple):
    """A foreign key; columns are given by their numbers."""

    columns: tuple[int, ...]
    referenced_table: int
    """Its oid."""
    referenced_columns: tuple[int, ...]


class Check(NamedTuple):
    """A CHECK constraint of a table."""

    name: str
    columns: tuple[int, ...]
    """The numbers of the columns that it is about."""
    text: str


class UniqueIndex(NamedTuple):
    """A unique index; of one on expressions, the columns that these name."""

    name: str
    columns: frozenset[int]


class TargetTable(NamedTuple):
    """A table that rows are generated for."""

    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]
    checks: tuple[Check, ...]
    foreign_keys: tuple[ForeignKey, ...]
    unique: tuple[UniqueIndex, ...]
    """The primary key first."""
    bounds: str
    """The text of the bounds of the partition, or of all partitions; empty for an ordinary table."""
    partitions: int | None
    """How many partitions it has; None: it is not partitioned."""
    partitioned_by: tuple[int, ...] = ()
    """The numbers of the columns that partitions are chosen by; empty where an expression does it."""

    @property
    def full_name(self) -> str:
        """Schema and name, as in the keys of a Schema."""
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """Its name in SQL."""
        return sql.Identifier(self.schema, self.name)

    @property
    def unique_columns(self) -> frozenset[int]:
        """The numbers of the columns in unique indexes."""
        return frozenset(number for index in self.unique for number in index.columns)

    @property
    def referring_columns(self) -> frozenset[int]:
        """The numbers of the columns in foreign keys."""
        return frozenset(number for key in self.foreign_keys for number in key.columns)

    def column(self, number: int) -> Column:
        """The column of this number."""
        return next(column for column in self.columns if column.number == number)


Values = dict[int, str | None]
"""The values of a row, by the number of the column."""


def target_table(row: tuple[Any, ...]) -> TargetTable:
    """The table in a row of the witness's answer to `fillable`."""
    oid, schema, name, kind, bound, column_rows, constraints, indexes, partition_bounds, key = row
    columns = tuple(map(_column, column_rows or ()))
    checks, foreign_keys = [], []
    for constraint, constraint_kind, numbers, other, other_numbers, _, text in constraints or ():
        if constraint_kind == "c":
            checks.append(Check(constraint, tuple(numbers or ()), text))
        elif constraint_kind == "f":
            foreign_keys.append(ForeignKey(tuple(numbers), other, tuple(other_numbers)))
    return TargetTable(
        oid,
        schema,
        name,
        columns,
        tuple(checks),
        tuple(foreign_keys),
        tuple(UniqueIndex(index, _indexed(numbers, text, columns)) for index, numbers, text in indexes or ()),
        " ".join(filter(None, [bound, *(partition_bounds or ())])),
        None if kind == "r" else len(partition_bounds or ()),
        () if 0 in (key or ()) else tuple(key or ()),
    )


def _column(row: Sequence[Any]) -> Column:
    number, name, not_null, identity, base, kind, limit, is_array, labels, fields, checks, type_not_null = row
    column_type = Type(base, kind, limit, tuple(labels or ()), fields, is_array)
    domain_checks = tuple((check, text) for check, text in checks or ())
    return Column(number, name, not_null or type_not_null, identity, column_type, domain_checks)


def _indexed(key: Sequence[int], text: str | None, columns: Iterable[Column]) -> frozenset[int]:
    """The numbers of the columns of an index: a 0 in its key stands for an expression, which is searched for names.

    `text`: what makes the index; None where it has no expression.
    """
    named = {column.number for column in columns if text and column.name in text.partition(" USING ")[2]}
    return frozenset({number for number in key if number} | named)


def likely_values(table: TargetTable, column: Column) -> list[str]:
    """Values that the CHECKs of this column alone suggest."""
    if column.type.name not in TEXTS or column.type.kind == "e":
        return []
    texts = [check.text for check in table.checks if check.columns == (column.number,)]
    texts += [text for _, text in column.checks]
    return [guess for text in texts if "'" in text for guess in guesses(text, column.type)]


def find_check(table: TargetTable, name: str) -> tuple[Sequence[int], str]:
    """The numbers of the columns of the CHECK of this name, and its text; both empty where there is none."""
    for check in table.checks:
        if check.name == name:
            return check.columns, check.text
    for column in table.columns:
        for domain_check, text in column.checks:
            if domain_check == name:
                return [column.number], text
    return (), ""


def alternatives(table: TargetTable, column: Column, text: str, current: str | None, number: int) -> list[str | None]:
    """Other values for a column, the likely ones first, with guesses from the text of a CHECK.

    Where the CHECKs of the column suggest values, these are all.
    """
    values: list[str | None] = list(likely_values(table, column))
    if not values:
        values = list(guesses(text, column.type)) if text else []
        values += [value(column.type, wide=wide, number=serial) for serial in (0, number) for wide in (False, True)]
    values += column.type.labels
    if not column.not_null:
        values.append(None)
    return list(dict.fromkeys(values)) or [current]


def accepts(column_type: Type, constant: str) -> bool:
    """Whether a constant of the file may be a value of this type."""
    if column_type.array or column_type.kind in "crm":
        return False
    if column_type.kind == "e":
        return constant in column_type.labels
    if column_type.name in {"text", "citext"}:
        return True
    if column_type.name in {"varchar", "bpchar"}:
        return column_type.limit < 0 or len(constant) <= column_type.limit - 4
    if column_type.name in _COMPARED:
        return len(constant) <= _COMPARED[column_type.name] and fits(column_type, constant)
    return False
