"""A table of the replayed schema as a contract: the JSON Schema of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_ctb import sql
from pytest_ctb.contracts.folder import MARK
from pytest_ctb.contracts.narrow import narrow
from pytest_ctb.contracts.shapes import DEFINITIONS, Keywords, Shape, render, shape, words
from pytest_ctb.model import Key, Schema
from pytest_ctb.sql import Constraint, Definition, Fact, TypeName

DIALECT = "https://json-schema.org/draft/2020-12/schema"
UNTOLD = "The database holds this too, which has no words here:"
_DEPRECATED = re.compile(r"\s*deprecated\b", re.IGNORECASE)
_PARENTS = re.compile(r"\bINHERITS (.*?)(?= USING | WITH \(| TABLESPACE |$)")
_PARTITIONED = re.compile(r"\bPARTITION BY .*?\)(?= USING | WITH \(| TABLESPACE |$)")
_FIRES_FIRST = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER .*? BEFORE (?:\w+ OR )*INSERT .* FOR EACH ROW ", re.DOTALL)


def tables(schema: Schema) -> tuple[str, ...]:
    """The tables that have contracts, by name. A partition has none: its rows come by its table."""
    found = (
        key.name for key, one in schema.objects.items() if key.kind == "table" and "PARTITION OF " not in one.definition
    )
    return tuple(sorted(found))


def contracts(schema: Schema) -> Mapping[str, Keywords]:
    """The contract of each table, by its name."""
    parts: dict[Key, list[Key]] = {}
    for key, one in schema.objects.items():
        if one.of is not None:
            parts.setdefault(one.of, []).append(key)
    return {name: _Table(name, schema, parts).contract() for name in tables(schema)}


class _Table:
    """One table, and what goes with it."""

    def __init__(self, name: str, schema: Schema, parts: Mapping[Key, list[Key]]) -> None:
        self.name = name
        self._schema = schema
        self._parts = parts
        self._own = parts.get(Key("table", name), [])
        self._definitions = dict(self._columns())
        self._shapes = {column: self._shape(one) for column, one in self._definitions.items()}
        self._untold = [line for one in self._checked() for line in one]

    def contract(self) -> Keywords:
        """The contract of the table."""
        properties = {column: self._property(column) for column in self._definitions}
        comment = self._comment("table", self.name)
        keys = dict(self._keys())
        untold = [f"{column}: {line}" for column, one in self._shapes.items() for line in one.untold]
        told = [UNTOLD, *untold, *self._untold, *self._partitions(), *self._triggers()]
        used = {reference for one in properties.values() for reference in _references(one)}
        return {
            "$schema": DIALECT,
            "title": self.name,
            **({"description": comment} if comment else {}),
            **({"$comment": "\n".join(told)} if told[1:] else {}),
            MARK: self.name,
            **keys,
            "type": "object",
            "required": [column for column in properties if self._must(column)],
            "properties": properties,
            "additionalProperties": False,
            **({"$defs": {name: DEFINITIONS[name] for name in sorted(used)}} if used else {}),
        }

    def _columns(self) -> Iterator[tuple[str, Definition]]:
        order = self._schema.objects.get(Key("column order", self.name))
        listed = f", {order.definition if order else ''}, "
        found = [(key.name[len(self.name) + 1 :], key) for key in self._own if key.kind == "column"]
        for name, key in sorted(found, key=lambda one: listed.find(f", {one[0]}, ")):
            yield name, sql.column(self._schema.objects[key].definition) or Definition(TypeName("unknown"))

    def _shape(self, one: Definition) -> Shape:
        found = shape(one.type, self._schema)
        if one.collation and found.family == "text":
            found.casts, found.family = (), "collated"
        return found

    def _property(self, column: str) -> Keywords:
        one, found = self._definitions[column], self._shapes[column]
        comment = self._comment("column", f"{self.name}.{column}")
        return {
            **({"description": comment} if comment else {}),
            **({"deprecated": True} if _DEPRECATED.match(comment) else {}),
            **({"readOnly": True} if one.generated or one.identity == "always" else {}),
            **render(found, nullable=not (one.required or found.required)),
            "x-postgres": words(one.type),
        }

    def _must(self, column: str) -> bool:
        one, found = self._definitions[column], self._shapes[column]
        given = one.default or one.identity or one.generated or (found.default and not one.undefault)
        return (one.required or found.required) and not given

    def _checked(self) -> Iterator[list[str]]:
        """Put every CHECK into the shapes, and give those that say more."""
        for definition in sorted(self._checks(self.name, own=True)):
            facts, whole = sql.condition(definition)
            told = [self._narrow(one) for one in facts]  # each, also behind one that has no words
            if not (whole and all(told)):
                yield [definition]

    def _narrow(self, fact: Fact) -> bool:
        return fact.column in self._shapes and narrow(self._shapes[fact.column], fact)

    def _checks(self, table: str, *, own: bool) -> Iterator[str]:
        """The CHECKs of a table, and of those that it inherits from."""
        for key in self._parts.get(Key("table", table), ()):
            definition = self._schema.objects[key].definition
            if (
                key.kind == "constraint"
                and definition.startswith("CHECK ")
                and (own or " NO INHERIT" not in definition)
            ):
                yield definition
        here = self._schema.objects.get(Key("table", table))
        parents = _PARENTS.search(here.definition) if here else None
        for parent in parents[1].replace('"', "").split(", ") if parents else ():
            yield from self._checks(parent, own=False)

    def _keys(self) -> Iterator[tuple[str, Any]]:
        unique = []
        for key in self._own:
            definition = self._schema.objects[key].definition
            match sql.constraint(definition) if key.kind == "constraint" else None:
                case Constraint(kind="PRIMARY KEY", columns=columns):
                    yield "x-primary-key", list(columns)
                case Constraint(kind="UNIQUE", columns=columns):
                    unique.append(list(columns))
        if unique:
            yield "x-unique", sorted(unique)

    def _partitions(self) -> Iterator[str]:
        definition = self._schema.objects[Key("table", self.name)].definition
        found = _PARTITIONED.search(definition)
        if found:
            yield f"{found[0]}: there must be a partition for the row"

    def _triggers(self) -> Iterator[str]:
        for key in sorted(one for one in self._own if one.kind == "trigger"):
            if _FIRES_FIRST.match(self._schema.objects[key].definition):
                yield f"{key} may change or refuse a row before it is looked at"

    def _comment(self, kind: str, name: str) -> str:
        found = self._schema.objects.get(Key("comment", f"{kind} {name}"))
        return found.definition if found else ""


def _references(schema: Any) -> Iterator[str]:
    for keyword, value in schema.items():
        if keyword == "$ref":
            yield value.rpartition("/")[2]
        elif keyword == "items":
            yield from _references(value)
        elif keyword == "properties":
            for one in value.values():
                yield from _references(one)
