"""What a file expects of the rows of each table that is to be filled: its `ExpectedRows`, looked up in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg

from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.trials.target_tables import ForeignKey, TargetTable
from pytest_ctb.replay.trials.values import Type
from pytest_ctb.sql import ExpectedParent, ExpectedRows, Relation, TypeName, as_sql

Keys = tuple[tuple[str, ...], ...]
_TYPES = in_full("""
SELECT t.written, e.typname, e.typtype, d.typtypmod,
       (SELECT pg_catalog.array_agg(l.enumlabel::pg_catalog.text ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum l
        WHERE l.enumtypid = e.oid)
FROM pg_catalog.unnest(%s::pg_catalog.text[]) AS t(written)
JOIN pg_catalog.pg_type d ON d.oid = pg_catalog.to_regtype(t.written)::pg_catalog.oid
JOIN pg_catalog.pg_type e ON e.oid =
    CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
""")


class Conversion(NamedTuple):
    """The type that a column is converted to, and the format that it is read by (empty: none)."""

    type: Type
    format: str


class Parent(NamedTuple):
    """Columns that refer to another table, as a foreign key of the file or their name says."""

    key: ForeignKey
    keys: Keys = ()
    """The keys that they refer to, where the file itself makes the table; else those of the table's rows."""


class AddedCheck(NamedTuple):
    """A CHECK that the file adds: its expression, and the numbers of its columns."""

    expression: str
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Expectations:
    """What the file expects of the rows of one table."""

    conversions: Mapping[int, Conversion]
    """By the number of the column."""
    keys: tuple[frozenset[int], ...]
    """The numbers of the columns that it makes unique."""
    parents: tuple[Parent, ...]
    checks: tuple[AddedCheck, ...]
    bound: frozenset[int]
    """The numbers of the columns that it expects something of: no constant of the file goes there."""


NOTHING = Expectations({}, (), (), (), frozenset())
"""What a file expects of a table that it has nothing to do with."""


def expectations(
    connection: psycopg.Connection[Any], expected: ExpectedRows, tables: Mapping[int, TargetTable]
) -> dict[int, Expectations]:
    """By oid: what the file expects of each table. Raises psycopg.OperationalError where the server is lost."""
    types = _types(connection, (entry.type for entry in expected.types if not entry.labels))
    return {oid: _of_table(table, expected, types, tables) for oid, table in tables.items()}


def _of_table(
    table: TargetTable, expected: ExpectedRows, types: Mapping[TypeName, Type], tables: Mapping[int, TargetTable]
) -> Expectations:
    numbers = {column.name: column.number for column in table.columns}
    conversions: dict[int, Conversion] = {}
    for entry in expected.types:
        new_type = Type("", "e", -1, entry.labels, 0, entry.type.array) if entry.labels else types.get(entry.type)
        if new_type and entry.column in numbers and _is(entry.relation, table):
            conversions.setdefault(numbers[entry.column], Conversion(new_type, entry.format))
    keys = tuple(
        frozenset(numbers[name] for name in key.columns)
        for key in expected.keys
        if _is(key.relation, table) and numbers.keys() >= set(key.columns)
    )
    checks = tuple(
        AddedCheck(check.expression, tuple(numbers[name] for name in check.columns))
        for check in expected.checks
        if _is(check.relation, table) and check.columns and numbers.keys() >= set(check.columns)
    )
    named = tuple(_parents(table, expected.parents, numbers, tables))
    bound = {number for parent in named for number in parent.key.columns}
    bound |= {number for key in keys for number in key} | {number for check in checks for number in check.columns}
    bound |= conversions.keys()
    by_name = tuple(_parents_by_name(table, bound, tables))
    return Expectations(conversions, keys, (*named, *by_name), checks, frozenset(bound))


def _is(relation: Relation | None, table: TargetTable) -> bool:
    """Whether a name in the file may be that of the table: one without a schema is looked for in all schemas."""
    return relation is None or (relation.name == table.name and relation.schema in {"", table.schema})


# --- parents ---------------------------------------------------------------------------------------------------------


def _parents(
    table: TargetTable,
    parents: Iterable[ExpectedParent],
    numbers: Mapping[str, int],
    tables: Mapping[int, TargetTable],
) -> Iterator[Parent]:
    referring: set[int] = set(table.referring_columns)
    for expected in parents:
        if not _is(expected.relation, table) or not numbers.keys() >= set(expected.columns):
            continue
        columns = tuple(numbers[name] for name in expected.columns)
        if referring & set(columns) or (expected.relation is None and table.unique_columns & set(columns)):
            continue
        parent = next((other for other in tables.values() if _is(expected.parent, other)), None)
        if parent is not None:
            referenced = _referenced(parent, expected.parent_columns, len(columns))
            if len(referenced) == len(columns):
                referring |= set(columns)
                yield Parent(ForeignKey(columns, parent.oid, referenced))
        elif expected.values:
            referring |= set(columns)
            yield Parent(ForeignKey(columns, 0, ()), expected.values)


def _parents_by_name(table: TargetTable, bound: set[int], tables: Mapping[int, TargetTable]) -> Iterator[Parent]:
    """The parents that the names of columns tell: `customer_id` is the `id` of `customer` or `customers`."""
    taken = bound | table.referring_columns | table.unique_columns
    for column in table.columns:
        stem, _, suffix = column.name.rpartition("_")
        if column.number in taken or not stem or not suffix:
            continue
        names = {stem, f"{stem}s", f"{stem}es", f"{stem.removesuffix('y')}ies"}
        parent = next((other for other in tables.values() if other.name in names), None)
        referenced = _referenced(parent, (suffix,), 1) if parent else ()
        if parent and referenced and parent.column(referenced[0]).type.name == column.type.name:
            yield Parent(ForeignKey((column.number,), parent.oid, referenced))


def _referenced(parent: TargetTable, names: tuple[str, ...], count: int) -> tuple[int, ...]:
    """The numbers of the columns of a key with these names; of the primary key where no name is given."""
    if not names:
        keys = (tuple(sorted(index.columns)) for index in parent.unique)
        return next((key for key in keys if len(key) == count), ())
    numbers = {column.name: column.number for column in parent.columns}
    return tuple(numbers[name] for name in names) if numbers.keys() >= set(names) else ()


# --- types -----------------------------------------------------------------------------------------------------------


def _types(connection: psycopg.Connection[Any], names: Iterable[TypeName]) -> dict[TypeName, Type]:
    """The types of these names, as far as they exist."""
    by_name = {name: as_sql(*name.name.split(".")) for name in names}
    if not by_name:
        return {}
    try:
        with connection.transaction():
            rows = connection.execute(_TYPES, [list(set(by_name.values()))]).fetchall()
    except psycopg.OperationalError:
        raise
    except psycopg.Error:  # a name that can be none of a type: of another database, say
        return {}
    types = {written: (base, kind, limit, tuple(labels or ())) for written, base, kind, limit, labels in rows}
    return {
        name: Type(base, kind, _limit(base, name.modifiers, limit), labels, 0, name.array)
        for name, written in by_name.items()
        if written in types
        for base, kind, limit, labels in [types[written]]
    }


def _limit(base: str, modifiers: tuple[int, ...], of_domain: int) -> int:
    """The type modifier, as `pg_attribute` has it."""
    match base, modifiers:
        case "varchar" | "bpchar", (length,):
            return length + 4
        case "bpchar", ():
            return 5
        case "bit" | "varbit", (length,):
            return length
        case "numeric", (precision,):
            return (precision << 16) + 4
        case "numeric", (precision, scale):
            return (precision << 16 | scale) + 4
    return of_domain
