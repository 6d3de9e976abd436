"""The content of an entity relationship diagram: the tables of a schema with their columns, keys and references."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter

from pytest_ctb import sql
from pytest_ctb.model import Key, Schema, Source

_TABLES = {"table", "foreign table"}
_PARTITION = re.compile(r"\bPARTITION OF (\S+)")
_TYPE = re.compile(
    r'((?:"(?:[^"]|"")*"|[^"])*?)'
    r"(?= (?:COLLATE|NOT NULL|DEFAULT|GENERATED|STORAGE|COMPRESSION|STATISTICS)\b|$)"
)
_REQUIRED = re.compile(r'(?: COLLATE (?:"(?:[^"]|"")*"|[^" ])+)? NOT NULL\b')


_SHORT_TYPES = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
    "character varying": "varchar",
    "character(": "char(",
    "bit varying": "varbit",
    "double precision": "float8",
}
"""The short names of types that the catalogs spell out (manual, table 8.1)."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    required: bool
    """Whether it is NOT NULL."""
    primary: bool
    unique: bool
    """Whether the column alone is unique; a key of several columns makes none of them so."""
    references: bool
    comment: str = ""


@dataclass(frozen=True)
class EntityTable:
    """One table; partitions are only counted."""

    name: str
    columns: tuple[Column, ...]
    partitions: int = 0
    schema: str = ""
    """The schema that it is in."""


@dataclass(frozen=True)
class Reference:
    """One foreign key."""

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    """The columns of the target; empty for its primary key."""
    optional: bool = False
    """Whether a row may refer to none."""
    single: bool = False
    """Whether no two rows refer to the same row."""
    several: bool = False
    """Whether a row may refer to several: with PERIOD, to those that together cover its own period."""
    identifying: bool = False
    """Whether it is part of the primary key, so that a row cannot exist without the one that it refers to."""


@dataclass(frozen=True)
class Entities:
    """The tables and references that a diagram shows."""

    tables: tuple[EntityTable, ...]
    references: tuple[Reference, ...]

    def of(self, schemas: Collection[str]) -> Entities:
        """The tables of these schemas, and those of others that they refer to, without columns."""
        inside = {table.name for table in self.tables if table.schema in schemas}
        references = tuple(reference for reference in self.references if reference.table in inside)
        shown = inside | {reference.target for reference in references}
        tables = (
            table if table.name in inside else replace(table, columns=())
            for table in self.tables
            if table.name in shown
        )
        return Entities(tuple(tables), references)

    def within(self, database: str) -> Entities:
        """The same, with the name of the database before each name of a table and of a schema."""
        tables = (
            replace(table, name=f"{database}: {table.name}", schema=f"{database}: {table.schema}")
            for table in self.tables
        )
        references = (
            replace(reference, table=f"{database}: {reference.table}", target=f"{database}: {reference.target}")
            for reference in self.references
        )
        return Entities(tuple(tables), tuple(references))


@dataclass
class _Keys:
    """The constraints of one table."""

    primary: tuple[str, ...] = ()
    unique: set[frozenset[str]] = field(default_factory=set)
    """The columns of each unique key, the primary key included."""
    references: list[Reference] = field(default_factory=list)
    full: set[Reference] = field(default_factory=set)
    """The references that are MATCH FULL."""


def entities(schema: Schema) -> Entities:
    """The tables of a schema, in order of their names, with their references; partitions are counted at their table."""
    partitions: Counter[str] = Counter()
    names = []
    for key, object_ in schema.objects.items():
        if key.kind in _TABLES:
            partition = _PARTITION.search(object_.definition)
            if partition:
                partitions[partition[1].replace('"', "")] += 1
            else:
                names.append(key)
    parts: dict[Key, list[Key]] = {name: [] for name in names}
    for key, object_ in schema.objects.items():
        if object_.of in parts:
            parts[object_.of].append(key)
    schemas = sorted((key.name for key in schema.objects if key.kind == "schema"), key=len, reverse=True)
    tables, references = [], []
    for table in sorted(names, key=attrgetter("name")):
        keys = _keys(table.name, parts[table], schema)
        columns = tuple(_columns(table, parts[table], keys, schema))
        inside = next((name for name in schemas if table.name.startswith(f"{name}.")), table.name.partition(".")[0])
        tables.append(EntityTable(table.name, columns, partitions[table.name], inside))
        # Sorted, because the catalogs have no order: the same schema gives the same diagram.
        complete = (_with_cardinality(reference, keys, columns) for reference in keys.references)
        references += sorted(complete, key=attrgetter("columns"))
    known = {table.name for table in tables}
    return Entities(tuple(tables), tuple(reference for reference in references if reference.target in known))


def _with_cardinality(reference: Reference, keys: _Keys, columns: Iterable[Column]) -> Reference:
    """The reference with how many rows there may be at its two ends."""
    referring = set(reference.columns)
    nullable = [not column.required for column in columns if column.name in referring]
    return replace(
        reference,
        # One NULL is enough to refer to nothing; MATCH FULL needs all of them to be NULL (manual, CREATE TABLE).
        optional=all(nullable) if reference in keys.full else any(nullable),
        single=any(unique <= referring for unique in keys.unique),
        identifying=bool(keys.primary) and referring <= set(keys.primary),
    )


def _columns(table: Key, parts: list[Key], keys: _Keys, schema: Schema) -> Iterator[Column]:
    order = schema.objects.get(Key("column order", table.name))
    listed = f", {order.definition if order else ''}, "
    referring = {column for reference in keys.references for column in reference.columns}
    columns = {key.name[len(table.name) + 1 :]: key for key in parts if key.kind == "column"}
    for name in sorted(columns, key=lambda name: listed.find(f", {name}, ")):
        key = columns[name]
        definition = schema.objects[key].definition
        match = _TYPE.match(definition)
        type_ = match[1] if match else definition
        comment = schema.objects.get(Key("comment", str(key)))
        yield Column(
            name,
            _short_type(type_),
            required=bool(_REQUIRED.match(definition, len(type_))),
            primary=name in keys.primary,
            unique=frozenset({name}) in keys.unique,
            references=name in referring,
            comment=comment.definition if comment else "",
        )


def _short_type(type_: str) -> str:
    for long, short in _SHORT_TYPES.items():
        type_ = type_.replace(long, short)
    return type_


def _keys(table: str, parts: list[Key], schema: Schema) -> _Keys:
    keys = _Keys()
    for key in parts:
        definition = schema.objects[key].definition
        if key.kind == "index":
            keys.unique |= _unique(definition)
        constraint = sql.constraint(definition) if key.kind == "constraint" else None
        if constraint is None:
            continue
        columns = constraint.columns
        match constraint.kind:
            case "PRIMARY KEY":
                keys.primary = columns
                keys.unique.add(frozenset(columns))
            case "UNIQUE":
                keys.unique.add(frozenset(columns))
            case "FOREIGN KEY":
                target, referenced = constraint.references, constraint.referenced
                reference = Reference(table, columns, target, referenced, several=constraint.period)
                keys.references.append(reference)
                if constraint.match_full:
                    keys.full.add(reference)
    return keys


def _unique(definition: str) -> set[frozenset[str]]:
    """The columns that an index makes unique; none for a partial or invalid index, or one on expressions."""
    statements, _ = sql.parse(Source(definition))
    index = sql.index(statements[0]) if len(statements) == 1 else None
    if index is None or not index.unique or index.partial or not all(index.columns):
        return set()
    return {frozenset(index.columns)}
