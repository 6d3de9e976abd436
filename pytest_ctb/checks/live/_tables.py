"""A table of the replayed schema as the shapes of `required-tables` need it: columns, keys, references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_ctb.model import Key, Schema, Source
from pytest_ctb.sql import Definition, TypeName, column, constraint, domain, index, parse

_DOMAIN = "DOMAIN OVER "
_UNREAD = Definition(TypeName("unknown"))


@dataclass(frozen=True)
class ForeignKey:
    """A reference of a table to another, or to itself."""

    columns: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Table:
    """A table: its columns in their order, its keys and its references."""

    name: str
    columns: Mapping[str, Definition]
    primary: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    """The other keys: UNIQUE constraints and unique indexes on columns of all rows."""
    references: tuple[ForeignKey, ...]

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """The columns of each key, those of the primary key first."""
        return tuple(filter(None, (self.primary, *self.unique)))

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that an INSERT must give."""
        return tuple(
            name
            for name, column in self.columns.items()
            if column.required and not (column.default or column.identity or column.generated)
        )


def read_table(schema: Schema, name: str) -> Table | None:
    """The table of this name; None where the schema has none."""
    table = Key("table", name)
    if table not in schema.objects:
        return None
    parts = {key: part.definition for key, part in schema.objects.items() if part.of == table}
    order = f", {parts.get(Key('column order', name), '')}, "
    columns = {
        key.name[len(name) + 1 :]: column(definition) or _UNREAD
        for key, definition in parts.items()
        if key.kind == "column"
    }
    constraints = [constraint(definition) for key, definition in parts.items() if key.kind == "constraint"]
    read = [known for known in constraints if known]
    return Table(
        name,
        {column: columns[column] for column in sorted(columns, key=lambda column: order.find(f", {column}, "))},
        next((known.columns for known in read if known.kind == "PRIMARY KEY"), ()),
        (*(known.columns for known in read if known.kind == "UNIQUE"), *_unique_indexes(parts)),
        tuple(ForeignKey(known.columns, known.references) for known in read if known.kind == "FOREIGN KEY"),
    )


def _unique_indexes(parts: Mapping[Key, str]) -> Iterator[tuple[str, ...]]:
    for key, definition in parts.items():
        if key.kind != "index":
            continue
        statements, _ = parse(Source(definition))
        of_index = index(statements[0]) if statements and statements[0].tag else None
        if of_index and of_index.unique and not of_index.partial and all(of_index.columns):
            yield of_index.columns


def base_type(schema: Schema, type_: TypeName) -> str:
    """The name of the type that a type is in the end: that of a domain is its base type's; empty for an array."""
    seen: set[str] = set()
    while not type_.array and type_.name not in seen:
        seen.add(type_.name)
        object_ = schema.objects.get(Key("type", type_.name))
        if object_ is None or not object_.definition.startswith(_DOMAIN):
            return type_.name
        base = domain(object_.definition.removeprefix(_DOMAIN))
        if base is None:
            return type_.name
        type_ = base.type
    return ""
