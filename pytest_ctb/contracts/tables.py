"""The contract of a table: the JSON Schema of its rows, from the replayed schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_ctb import sql
from pytest_ctb.contracts.folder import MARK
from pytest_ctb.contracts.narrow import narrow
from pytest_ctb.contracts.shapes import DEFINITIONS, Keywords, Shape, json_schema, shape_of, type_name
from pytest_ctb.model import Key, Schema
from pytest_ctb.sql import Constraint, Definition, Fact, TypeName

DIALECT = "https://json-schema.org/draft/2020-12/schema"
UNEXPRESSED = "The database holds this too, which has no words here:"
_DEPRECATED = re.compile(r"\s*deprecated\b", re.IGNORECASE)
_PARENTS = re.compile(r"\bINHERITS (.*?)(?= USING | WITH \(| TABLESPACE |$)")
_PARTITIONED = re.compile(r"\bPARTITION BY .*?\)(?= USING | WITH \(| TABLESPACE |$)")
_FIRES_FIRST = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER .*? BEFORE (?:\w+ OR )*INSERT .* FOR EACH ROW ", re.DOTALL)


def tables(schema: Schema) -> tuple[str, ...]:
    """The names of the tables that have contracts. A partition has none: its rows belong to the whole table."""
    names = (
        key.name
        for key, object_ in schema.objects.items()
        if key.kind == "table" and "PARTITION OF " not in object_.definition
    )
    return tuple(sorted(names))


def table_contracts(schema: Schema) -> Mapping[str, Keywords]:
    """The contract of each table, by the table's name."""
    parts: dict[Key, list[Key]] = {}
    for key, object_ in schema.objects.items():
        if object_.of is not None:
            parts.setdefault(object_.of, []).append(key)
    return {name: _TableContract(name, schema, parts).contract() for name in tables(schema)}


class _TableContract:
    """Makes the contract of one table."""

    def __init__(self, name: str, schema: Schema, parts: Mapping[Key, list[Key]]) -> None:
        self.name = name
        self._schema = schema
        self._parts = parts
        self._table_parts = parts.get(Key("table", name), [])
        self._definitions = dict(self._columns())
        self._shapes = {column: self._shape(definition) for column, definition in self._definitions.items()}
        self._unexpressed = list(self._narrow_by_checks())

    def contract(self) -> Keywords:
        """The contract of the table."""
        properties = {column: self._property(column) for column in self._definitions}
        comment = self._comment("table", self.name)
        keys = dict(self._keys())
        unexpressed = [f"{column}: {line}" for column, shape in self._shapes.items() for line in shape.unexpressed]
        notes = [UNEXPRESSED, *unexpressed, *self._unexpressed, *self._partitions(), *self._triggers()]
        used = {reference for schema in properties.values() for reference in _references(schema)}
        return {
            "$schema": DIALECT,
            "title": self.name,
            **({"description": comment} if comment else {}),
            **({"$comment": "\n".join(notes)} if notes[1:] else {}),
            MARK: self.name,
            **keys,
            "type": "object",
            "required": [column for column in properties if self._is_required(column)],
            "properties": properties,
            "additionalProperties": False,
            **({"$defs": {name: DEFINITIONS[name] for name in sorted(used)}} if used else {}),
        }

    def _columns(self) -> Iterator[tuple[str, Definition]]:
        order = self._schema.objects.get(Key("column order", self.name))
        listed = f", {order.definition if order else ''}, "
        columns = {key.name[len(self.name) + 1 :]: key for key in self._table_parts if key.kind == "column"}
        for name in sorted(columns, key=lambda name: listed.find(f", {name}, ")):
            key = columns[name]
            yield name, sql.column(self._schema.objects[key].definition) or Definition(TypeName("unknown"))

    def _shape(self, column: Definition) -> Shape:
        shape = shape_of(column.type, self._schema)
        if column.collation and shape.family == "text":
            shape.casts, shape.family = (), "collated"
        return shape

    def _property(self, column: str) -> Keywords:
        definition, shape = self._definitions[column], self._shapes[column]
        comment = self._comment("column", f"{self.name}.{column}")
        return {
            **({"description": comment} if comment else {}),
            **({"deprecated": True} if _DEPRECATED.match(comment) else {}),
            **({"readOnly": True} if definition.generated or definition.identity == "always" else {}),
            **json_schema(shape, nullable=not (definition.required or shape.required)),
            "x-postgres": type_name(definition.type),
        }

    def _is_required(self, column: str) -> bool:
        definition, shape = self._definitions[column], self._shapes[column]
        filled = (
            definition.default
            or definition.identity
            or definition.generated
            or (shape.default and not definition.undefault)
        )
        return (definition.required or shape.required) and not filled

    def _narrow_by_checks(self) -> Iterator[str]:
        """Narrow the shapes by every CHECK; yields each CHECK that they cannot express in full."""
        for definition in sorted(self._checks(self.name, inherited=False)):
            facts, whole = sql.condition(definition)
            expressed = [
                self._narrow(fact) for fact in facts
            ]  # a list: narrow by every fact, also after one that fails
            if not (whole and all(expressed)):
                yield definition

    def _narrow(self, fact: Fact) -> bool:
        return fact.column in self._shapes and narrow(self._shapes[fact.column], fact)

    def _checks(self, table: str, *, inherited: bool) -> Iterator[str]:
        """The CHECKs of a table and of the tables that it inherits from."""
        for key in self._parts.get(Key("table", table), ()):
            definition = self._schema.objects[key].definition
            if (
                key.kind == "constraint"
                and definition.startswith("CHECK ")
                and (not inherited or " NO INHERIT" not in definition)
            ):
                yield definition
        object_ = self._schema.objects.get(Key("table", table))
        parents = _PARENTS.search(object_.definition) if object_ else None
        for parent in parents[1].replace('"', "").split(", ") if parents else ():
            yield from self._checks(parent, inherited=True)

    def _keys(self) -> Iterator[tuple[str, Any]]:
        unique = []
        for key in self._table_parts:
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
        partitioning = _PARTITIONED.search(definition)
        if partitioning:
            yield f"{partitioning[0]}: there must be a partition for the row"

    def _triggers(self) -> Iterator[str]:
        for key in sorted(key for key in self._table_parts if key.kind == "trigger"):
            if _FIRES_FIRST.match(self._schema.objects[key].definition):
                yield f"{key} may change or refuse a row before it is looked at"

    def _comment(self, kind: str, name: str) -> str:
        comment = self._schema.objects.get(Key("comment", f"{kind} {name}"))
        return comment.definition if comment else ""


def _references(schema: Any) -> Iterator[str]:
    for keyword, value in schema.items():
        if keyword == "$ref":
            yield value.rpartition("/")[2]
        elif keyword == "items":
            yield from _references(value)
        elif keyword == "properties":
            for column in value.values():
                yield from _references(column)
