"""The tables of a schema as an entity relationship diagram has them: columns, keys, references."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from pytest_ctb import sql
from pytest_ctb.model import Key, Schema, Source

_TABLES = {"table", "foreign table"}
_PARTITION = re.compile(r"\bPARTITION OF (\S+)")
_TYPE = re.compile(
    r'((?:"(?:[^"]|"")*"|[^"])*?)'
    r"(?= (?:COLLATE|NOT NULL|DEFAULT|GENERATED|STORAGE|COMPRESSION|STATISTICS)\b|$)"
)
_REQUIRED = re.compile(r'(?: COLLATE (?:"(?:[^"]|"")*"|[^" ])+)? NOT NULL\b')


_SHORT = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
    "character varying": "varchar",
    "character(": "char(",
    "bit varying": "varbit",
    "double precision": "float8",
}
"""The names that people write for what the catalogs spell out (manual, table 8.1)."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    required: bool
    """NOT NULL."""
    primary: bool
    unique: bool
    """By itself: a key of several columns makes none of them unique."""
    references: bool
    comment: str = ""


@dataclass(frozen=True)
class Table:
    """One table, and how many partitions it has."""

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
    """Empty where it is the target's primary key."""
    optional: bool = False
    """A row may point at none."""
    single: bool = False
    """No two rows point at the same one."""
    several: bool = False
    """A row may point at more than one: with PERIOD, at those that cover its own together."""
    identifying: bool = False
    """It is part of the primary key: a row is nothing without the one that it points at."""


@dataclass(frozen=True)
class Entities:
    """What a diagram shows."""

    tables: tuple[Table, ...]
    references: tuple[Reference, ...]

    def of(self, schemas: Collection[str]) -> Entities:
        """The tables of these schemas, with those of others that they refer to, of which only the names are told."""
        own = {one.name for one in self.tables if one.schema in schemas}
        references = tuple(one for one in self.references if one.table in own)
        shown = own | {one.target for one in references}
        tables = (one if one.name in own else replace(one, columns=()) for one in self.tables if one.name in shown)
        return Entities(tuple(tables), references)


@dataclass
class _Keys:
    """The constraints of one table."""

    primary: tuple[str, ...] = ()
    unique: set[frozenset[str]] = field(default_factory=set)
    """Also that of the primary key."""
    references: list[Reference] = field(default_factory=list)
    full: set[Reference] = field(default_factory=set)
    """Those that are MATCH FULL."""


def entities(schema: Schema) -> Entities:
    """The tables of a schema with their references, by name; partitions are counted at their table, not shown."""
    partitions: Counter[str] = Counter()
    names = []
    for key, one in schema.objects.items():
        if key.kind in _TABLES:
            of = _PARTITION.search(one.definition)
            if of:
                partitions[of[1].replace('"', "")] += 1
            else:
                names.append(key)
    parts: dict[Key, list[Key]] = {name: [] for name in names}
    for key, one in schema.objects.items():
        if one.of in parts:
            parts[one.of].append(key)
    spaces = sorted((key.name for key in schema.objects if key.kind == "schema"), key=len, reverse=True)
    tables, references = [], []
    for name in sorted(names, key=lambda key: key.name):
        keys = _keys(name.name, parts[name], schema)
        columns = tuple(_columns(name, parts[name], keys, schema))
        space = next((one for one in spaces if name.name.startswith(f"{one}.")), name.name.partition(".")[0])
        tables.append(Table(name.name, columns, partitions[name.name], space))
        # The catalogs have no order; the same schema gives the same picture.
        references += sorted((_told(one, keys, columns) for one in keys.references), key=lambda one: one.columns)
    known = {one.name for one in tables}
    return Entities(tuple(tables), tuple(one for one in references if one.target in known))


def _told(one: Reference, keys: _Keys, columns: Iterable[Column]) -> Reference:
    """A reference, and how many rows there may be at its two ends."""
    own = set(one.columns)
    nullable = [not column.required for column in columns if column.name in own]
    return replace(
        one,
        # With one NULL nothing is looked for; MATCH FULL takes all of them or none (manual, CREATE TABLE).
        optional=all(nullable) if one in keys.full else any(nullable),
        single=any(unique <= own for unique in keys.unique),
        identifying=bool(keys.primary) and own <= set(keys.primary),
    )


def _columns(table: Key, parts: list[Key], keys: _Keys, schema: Schema) -> Iterator[Column]:
    order = schema.objects.get(Key("column order", table.name))
    listed = f", {order.definition if order else ''}, "
    referring = {column for one in keys.references for column in one.columns}
    found = [(key, key.name[len(table.name) + 1 :]) for key in parts if key.kind == "column"]
    for key, name in sorted(found, key=lambda one: listed.find(f", {one[1]}, ")):
        definition = schema.objects[key].definition
        told = _TYPE.match(definition)
        kind = told[1] if told else definition
        comment = schema.objects.get(Key("comment", str(key)))
        yield Column(
            name,
            _short(kind),
            required=bool(_REQUIRED.match(definition, len(kind))),
            primary=name in keys.primary,
            unique=frozenset({name}) in keys.unique,
            references=name in referring,
            comment=comment.definition if comment else "",
        )


def _short(kind: str) -> str:
    for spelt, short in _SHORT.items():
        kind = kind.replace(spelt, short)
    return kind


def _keys(table: str, parts: list[Key], schema: Schema) -> _Keys:
    found = _Keys()
    for key in parts:
        definition = schema.objects[key].definition
        if key.kind == "index":
            found.unique |= _unique(definition)
        constraint = sql.constraint(definition) if key.kind == "constraint" else None
        if constraint is None:
            continue
        columns = constraint.columns
        match constraint.kind:
            case "PRIMARY KEY":
                found.primary = columns
                found.unique.add(frozenset(columns))
            case "UNIQUE":
                found.unique.add(frozenset(columns))
            case "FOREIGN KEY":
                target, referenced = constraint.references, constraint.referenced
                reference = Reference(table, columns, target, referenced, several=constraint.period)
                found.references.append(reference)
                if constraint.match_full:
                    found.full.add(reference)
    return found


def _unique(definition: str) -> set[frozenset[str]]:
    """The columns that an index makes unique; none where it is of some rows, or of expressions, or invalid."""
    statements, _ = sql.parse(Source(definition))
    index = sql.index(statements[0]) if len(statements) == 1 else None
    if index is None or not index.unique or index.partial or not all(index.columns):
        return set()
    return {frozenset(index.columns)}
