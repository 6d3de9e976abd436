"""What of a table rows can be made of: its columns, keys and CHECKs; and which values a column may take."""

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
"""Types that take a constant of the file, and how long it may be; longer numbers are those of keys, and may collide."""


class Column(NamedTuple):
    """A column: what a value of it has to be."""

    number: int
    name: str
    not_null: bool
    identity: bool
    type: Type
    checks: tuple[tuple[str, str], ...]


class Reference(NamedTuple):
    """A foreign key: the numbers of its columns, the table, and the numbers of the columns there."""

    columns: tuple[int, ...]
    table: int
    there: tuple[int, ...]
    deferrable: bool


class Table(NamedTuple):
    """A table that rows are made for."""

    oid: int
    told: str
    name: sql.Identifier
    columns: tuple[Column, ...]
    checks: tuple[tuple[str, tuple[int, ...], str], ...]
    references: tuple[Reference, ...]
    unique: tuple[tuple[str, frozenset[int]], ...]
    """Name and columns; of an index on expressions, those that it names."""
    bounds: str
    """What the text of the partition's bounds, or of its parts', says; empty for an ordinary table."""
    parts: int | None
    """Of a partitioned table: how many it has."""


Row = dict[int, str | None]


def table_of(row: tuple[Any, ...]) -> Table:
    """A table, as the witness answers to `fillable`."""
    oid, schema, name, _, bound, columns, constraints, indexes, parts = row
    told = tuple(map(_column_of, columns or ()))
    return Table(
        oid,
        f"{schema}.{name}",
        sql.Identifier(schema, name),
        told,
        tuple((c[0], tuple(c[2] or ()), c[6]) for c in constraints or () if c[1] == "c"),
        tuple(Reference(tuple(c[2]), c[3], tuple(c[4]), c[5]) for c in constraints or () if c[1] == "f"),
        tuple((index, _indexed(key, text, told)) for index, key, text in indexes or ()),
        " ".join(filter(None, [bound, *(parts or ())])),
        None if row[3] == "r" else len(parts or ()),
    )


def _column_of(row: Sequence[Any]) -> Column:
    number, name, not_null, identity, base, kind, limit, is_array, labels, fields, checks, type_not_null = row
    of = Type(base, kind, limit, tuple(labels or ()), fields, is_array)
    return Column(number, name, not_null or type_not_null, identity, of, tuple((c, text) for c, text in checks or ()))


def _indexed(key: Sequence[int], text: str, columns: Iterable[Column]) -> frozenset[int]:
    named = {one.number for one in columns if 0 in key and one.name in text.partition(" USING ")[2]}
    return frozenset({one for one in key if one} | named)


def referring(table: Table) -> set[int]:
    """The numbers of the columns that refer to another table."""
    return {each for one in table.references for each in one.columns}


def column(table: Table, number: int) -> Column:
    """The column of this number."""
    return next(one for one in table.columns if one.number == number)


def likely(table: Table, column: Column) -> list[str]:
    """Values that a CHECK of this column alone speaks of."""
    if column.type.name not in TEXTS or column.type.kind == "e":
        return []
    texts = [text for _, columns, text in table.checks if columns == (column.number,)]
    texts += [text for _, text in column.checks]
    quoted = [one for one in texts if "'" in one]
    return [one for text in quoted for one in guesses(text, column.type)] if quoted else []


def checked(table: Table, name: str) -> tuple[Sequence[int], str]:
    """The numbers of the columns that a CHECK of this name is about, and its text; nothing where there is none."""
    for check, columns, text in table.checks:
        if check == name:
            return columns, text
    for column in table.columns:
        for check, text in column.checks:
            if check == name:
                return [column.number], text
    return (), ""


def choices(table: Table, column: Column, text: str, now: str | None, number: int) -> list[str | None]:
    """Other values for a column, likely ones first; where a CHECK of its own names some, no others."""
    found: list[str | None] = list(likely(table, column))
    if not found:
        found = list(guesses(text, column.type)) if text else []
        found += [value(column.type, wide=wide, number=each) for each in (0, number) for wide in (False, True)]
    if column.type.labels:
        found += column.type.labels
    if not column.not_null:
        found.append(None)
    return list(dict.fromkeys(found)) or [now]


def accepts(of: Type, constant: str) -> bool:
    """Whether a constant of the file may be a value of this type."""
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
