"""Which names a statement brings into the database and takes out of it, as far as its text tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from pytest_ctb.model import Name, Statement
from pytest_ctb.sql.names.scope import Item, Lookup, Relations, Scope, outputs
from pytest_ctb.sql.objects import created, extension, range_var_created
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings

_BUILT_IN = {"pg_catalog", "information_schema"}
_CREATED = {
    "AGGREGATE": "function",
    "DOMAIN": "type",
    "EXTENSION": "type",  # the main type of many has the extension's name: citext, hstore, vector
    "FUNCTION": "function",
    "INDEX": "relation",
    "PROCEDURE": "function",
    "SCHEMA": "schema",
    "TYPE": "type",
}
"""The kind of a Name, by the kind of `created`."""
_DROPPED = {
    "OBJECT_AGGREGATE": "function",
    "OBJECT_DOMAIN": "type",
    "OBJECT_FOREIGN_TABLE": "relation",
    "OBJECT_FUNCTION": "function",
    "OBJECT_INDEX": "relation",
    "OBJECT_MATVIEW": "relation",
    "OBJECT_PROCEDURE": "function",
    "OBJECT_SCHEMA": "schema",
    "OBJECT_SEQUENCE": "relation",
    "OBJECT_TABLE": "relation",
    "OBJECT_TYPE": "type",
    "OBJECT_VIEW": "relation",
}
"""The kind of a Name, by the kind of object that DROP, RENAME and SET SCHEMA name."""


class Copied(NamedTuple):
    """A new relation that has all columns of others: by LIKE, INHERITS, PARTITION OF or `*`."""

    relation: Name
    tables: Relations
    """Of these, the first that exists."""


class Renamed(NamedTuple):
    """An object that gets another name, or another schema."""

    old: tuple[Name, ...]
    """Of these, the first that exists."""
    name: str
    schema: str
    """Empty where it stays what it was."""

    def new(self, old: Name) -> Name:
        """What that old name becomes."""
        return replace(old, name=self.name, schema=self.schema or old.schema)


class Effects(NamedTuple):
    """What a statement does to the names in a database."""

    makes: tuple[tuple[Name, int], ...] = ()
    """The objects that it creates, each with its location (bytes, or -1), without the columns of new relations."""
    columns: tuple[Name, ...] = ()
    """The columns of the new relations."""
    copied: tuple[Copied, ...] = ()
    open: tuple[Name, ...] = ()
    """The new relations that may have other columns too."""
    adds: tuple[tuple[tuple[Name, ...], int], ...] = ()
    """The columns that it adds to relations: for each the names that it may mean, and its location."""
    drops: tuple[tuple[Name, ...], ...] = ()
    """The objects that it drops: for each the names that it may mean, in the order of the search path."""
    renames: tuple[Renamed, ...] = ()


def effects(statement: Statement, lookup: Lookup) -> Effects:
    """What a statement does to names; `lookup`: the search path, of which the first schema has what it creates."""
    tree = parse_tree(statement)
    if handler := _HANDLERS.get(node_name(statement)):
        return handler(tree, lookup)
    range_var = tree.typevar if node_name(statement) == "CompositeTypeStmt" else range_var_created(statement)
    if range_var is not None:
        temporary = range_var.relpersistence == "t" or range_var.schemaname == "pg_temp"
        return Effects() if temporary else _of_relation(tree, range_var, lookup)
    creation = created(statement)
    if creation is None or not creation.name or creation.kind not in _CREATED or creation.schema in _BUILT_IN:
        return Effects()
    parameters = extension(statement)
    schema = (parameters.schema if parameters else creation.schema) or _first(lookup)
    return Effects(makes=((Name(_CREATED[creation.kind], schema, creation.name), -1),))


def _first(lookup: Lookup) -> str:
    """The schema in which bare names are created."""
    return lookup.path[0] if lookup.path else ""


def _of_schema(tree: Any, lookup: Lookup) -> Effects:
    """A CREATE SCHEMA, with the tables and views that stand in it."""
    name = tree.schemaname or tree.authrole.rolename
    inside = lookup._replace(path=(name, *lookup.path))
    done = Effects(makes=((Name("schema", "", name), -1),))
    for wrapped in tree.schema_elts:
        element = getattr(wrapped, wrapped.WhichOneof("node"))
        field = {"CreateStmt": "relation", "ViewStmt": "view", "CreateSeqStmt": "sequence"}.get(element.DESCRIPTOR.name)
        if field:
            more = _of_relation(element, getattr(element, field), inside)
            done = Effects(
                done.makes + more.makes, done.columns + more.columns, done.copied + more.copied, done.open + more.open
            )
    return done


def _of_drop(tree: Any, lookup: Lookup) -> Effects:
    kind = _DROPPED.get(enum(tree, "remove_type"), "")
    named = (_meant(kind, strings(node), lookup) for node in tree.objects) if kind else ()
    return Effects(drops=tuple(filter(None, named)))


def _of_relation(tree: Any, range_var: Any, lookup: Lookup) -> Effects:
    """The statement creates a relation. That is also a type: the one of its rows."""
    schema = range_var.schemaname or _first(lookup)
    name = Name("relation", schema, range_var.relname)
    item = _columns(tree, lookup)
    columns = tuple(Name("column", schema, column, name.name) for column in sorted(item.columns))
    copied = tuple(Copied(name, tables) for tables in item.tables)
    makes = ((name, range_var.location), (Name("type", schema, name.name), range_var.location))
    return Effects(makes, columns, copied, (name,) if item.open else ())


def _columns(tree: Any, lookup: Lookup) -> Item:
    """The columns of a new relation."""
    match tree.DESCRIPTOR.name:
        case "CreateStmt" | "CreateForeignTableStmt":
            table = tree.base_stmt if tree.DESCRIPTOR.name == "CreateForeignTableStmt" else tree
            columns = frozenset(part.column_def.colname for part in table.table_elts if part.column_def.colname)
            likes = [part.table_like_clause for part in table.table_elts if part.WhichOneof("node") != "column_def"]
            sources = [*(like.relation for like in likes), *(parent.range_var for parent in table.inh_relations)]
            tables = tuple(lookup.relations(source) for source in sources if source.relname)
            return Item("", columns, tuple(filter(None, tables)), bool(table.of_typename.names))
        case "ViewStmt":
            item = outputs(tree.query, Scope(), lookup)
            return item._replace(columns=item.columns | frozenset(strings(tree.aliases)))
        case "CreateTableAsStmt":
            item = outputs(tree.query, Scope(), lookup)
            return item._replace(columns=item.columns | frozenset(strings(tree.into.col_names)))
        case "SelectStmt":
            return outputs(tree, Scope(), lookup)
        case "CompositeTypeStmt":
            return Item("", frozenset(part.column_def.colname for part in tree.coldeflist))
    return Item("", open=True)


def _of_alter_table(tree: Any, lookup: Lookup) -> Effects:
    adds: list[tuple[tuple[Name, ...], int]] = []
    drops: list[tuple[Name, ...]] = []
    tables = lookup.relations(tree.relation)
    for wrapped in tree.cmds if tables else ():
        command = wrapped.alter_table_cmd
        match enum(command, "subtype"):
            case "AT_AddColumn":
                column = getattr(command, "def").column_def
                adds.append((_columns_of(tables, column.colname), column.location))
            case "AT_DropColumn":
                drops.append(_columns_of(tables, command.name))
    return Effects(adds=tuple(adds), drops=tuple(drops))


def _of_rename(tree: Any, lookup: Lookup) -> Effects:
    is_rename = tree.DESCRIPTOR.name == "RenameStmt"
    kind = enum(tree, "rename_type" if is_rename else "object_type")
    tables = lookup.relations(tree.relation) if tree.relation.relname else ()
    if kind == "OBJECT_COLUMN":
        old = _columns_of(tables, tree.subname)
    elif kind in _DROPPED:
        parts = strings(tree.object) if tree.HasField("object") else []
        old = tables or _meant(_DROPPED[kind], parts or [getattr(tree, "subname", "")], lookup)
    else:
        old = ()
    if not old:
        return Effects()
    renamed = Renamed(old, tree.newname, "") if is_rename else Renamed(old, old[0].name, tree.newschema)
    return Effects(((renamed.new(old[0]), tree.relation.location if tables else -1),), renames=(renamed,))


def _meant(kind: str, parts: list[str], lookup: Lookup) -> tuple[Name, ...]:
    return (Name("schema", "", parts[-1]),) if kind == "schema" and parts else lookup.of(kind, parts)


def _columns_of(tables: Relations, column: str) -> tuple[Name, ...]:
    return tuple(Name("column", table.schema, column, table.name) for table in tables)


_HANDLERS: dict[str, Callable[[Any, Lookup], Effects]] = {
    "AlterObjectSchemaStmt": _of_rename,
    "AlterTableStmt": _of_alter_table,
    "CreateSchemaStmt": _of_schema,
    "DropStmt": _of_drop,
    "RenameStmt": _of_rename,
}
"""What a node that creates nothing by itself, or more than one object, does."""
