"""The tables of a schema as an entity relationship diagram has them: columns, keys, references."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pytest_ctb import sql
from pytest_ctb.model import Key, Schema, Source

_TABLES = {"table", "foreign table"}
_PARTITION = re.compile(r"\bPARTITION OF (\S+)")


_SHORT = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
    "character varying": "varchar",
    "character(": "char(",
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


@dataclass(frozen=True)
class Table:
    """One table, and how many partitions it has."""

    name: str
    columns: tuple[Column, ...]
    partitions: int = 0

    @property
    def schema(self) -> str:
        """The schema that it is in."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Reference:
    """One foreign key."""

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    """Empty where it is the target's primary key."""


@dataclass(frozen=True)
class Entities:
    """What a diagram shows."""

    tables: tuple[Table, ...]
    references: tuple[Reference, ...]


@dataclass
class _Keys:
    """The constraints of one table."""

    primary: tuple[str, ...] = ()
    unique: set[str] = field(default_factory=set)
    references: list[Reference] = field(default_factory=list)


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
    tables, references = [], []
    for name in sorted(names, key=lambda key: key.name):
        keys = _keys(name.name, parts[name], schema)
        columns = tuple(_columns(name, parts[name], keys, schema))
        tables.append(Table(name.name, columns, partitions[name.name]))
        references += keys.references
    known = {one.name for one in tables}
    return Entities(tuple(tables), tuple(one for one in references if one.target in known))


def _columns(table: Key, parts: list[Key], keys: _Keys, schema: Schema) -> Iterator[Column]:
    order = schema.objects.get(Key("column order", table.name))
    listed = f", {order.definition if order else ''}, "
    referring = {column for one in keys.references for column in one.columns}
    found = [(key.name[len(table.name) + 1 :], schema.objects[key].definition) for key in parts if key.kind == "column"]
    for name, definition in sorted(found, key=lambda one: listed.find(f", {one[0]}, ")):
        kind = re.split(r" (?:COLLATE|NOT NULL|DEFAULT|GENERATED|STORAGE|COMPRESSION|STATISTICS)\b", definition)[0]
        for spelt, short in _SHORT.items():
            kind = kind.replace(spelt, short)
        yield Column(
            name,
            kind,
            required=" NOT NULL" in definition,
            primary=name in keys.primary,
            unique=name in keys.unique or keys.primary == (name,),
            references=name in referring,
        )


def _keys(table: str, parts: list[Key], schema: Schema) -> _Keys:
    found = _Keys()
    for key in parts:
        node = _constraint(schema.objects[key].definition) if key.kind == "constraint" else None
        if node is None:
            continue
        columns = tuple(sql.strings(node.keys))
        match sql.enum(node, "contype"):
            case "CONSTR_PRIMARY":
                found.primary = columns
            case "CONSTR_UNIQUE" if len(columns) == 1:
                found.unique.update(columns)
            case "CONSTR_FOREIGN":
                own, target = tuple(sql.strings(node.fk_attrs)), sql.name_of(node.pktable)
                found.references.append(Reference(table, own, target, tuple(sql.strings(node.pk_attrs))))
    return found


def _constraint(definition: str) -> Any:
    """The parse tree's node of a constraint, as `pg_get_constraintdef` words it; None of one that it cannot read."""
    statements, _ = sql.parse(Source(f"ALTER TABLE t ADD CONSTRAINT c {definition}"))
    if len(statements) != 1 or not statements[0].kind:
        return None
    return next((one for one in sql.walk(statements[0].body) if one.DESCRIPTOR.name == "Constraint"), None)
