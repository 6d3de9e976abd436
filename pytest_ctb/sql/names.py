"""The names that a file creates and uses, which decide the order of two files of one date.

A name without a schema is taken as one in `public`, or in the `search_path` that the file sets. Only what a statement
needs when it runs counts: a PL/pgSQL body needs its tables when it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import postgast

from pytest_ctb.model import Name, Position, Statement
from pytest_ctb.sql.objects import created, extension, range_var_created, setting
from pytest_ctb.sql.plpgsql.dynamic_sql import UNKNOWN
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings, walk

_BUILT_IN = {"pg_catalog", "information_schema"}
_RELATION_KINDS = {
    "OBJECT_TABLE",
    "OBJECT_VIEW",
    "OBJECT_MATVIEW",
    "OBJECT_INDEX",
    "OBJECT_SEQUENCE",
    "OBJECT_FOREIGN_TABLE",
}
_ON_A_RELATION = {"OBJECT_COLUMN", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"}
_OF_A_SEQUENCE = {"nextval", "currval", "setval"}
_TYPE_KINDS = {"OBJECT_TYPE", "OBJECT_DOMAIN"}
_CREATED = {
    "INDEX": "relation",
    "TYPE": "type",
    "DOMAIN": "type",
    "FUNCTION": "function",
    "PROCEDURE": "function",
    "SCHEMA": "schema",
    "EXTENSION": "type",  # the main type of many has the extension's name: citext, hstore, vector
}
"""The kind of a Name, by the kind of `created`."""

_NAME_FIELDS = ("colname", "name", "newname", "subname", "sval")


@dataclass(frozen=True)
class Names:
    """The names that a file creates (`makes`) and uses, each with its first position; `uses` leaves out `makes`."""

    makes: Mapping[Name, Position] = field(default_factory=dict)
    uses: Mapping[Name, Position] = field(default_factory=dict)


class Mentions(NamedTuple):
    """The names in a statement, and whether it defines or names a constraint."""

    names: frozenset[str] = frozenset()
    constraint: bool = False


def names_in(statements: Iterable[Statement]) -> Names:
    """The names that the statements of a file create and use, those in DO blocks too."""
    makes: dict[Name, Position] = {}
    uses: dict[Name, Position] = {}
    path = ["public"]
    for statement in _that_run(statements):
        if (parameter := setting(statement)) and parameter.name == "search_path":
            path = list(parameter.values) or ["public"]
            continue
        created_here = {name: at for name, at in _created_names(statement, path[0]) if _is_known(name)}
        for name, location in filter(lambda named: _is_known(named[0]), _used(statement, path)):
            if name not in makes and name not in created_here:
                uses.setdefault(name, statement.at(location))
        for name, location in created_here.items():
            makes.setdefault(name, statement.at(location))
    return Names(makes, uses)


def _is_known(name: Name) -> bool:
    """Whether a name is known from the text: dynamic SQL may compute it (see UNKNOWN)."""
    return not any(UNKNOWN in part for part in (name.schema, name.name, name.of))


def _that_run(statements: Iterable[Statement]) -> Iterator[Statement]:
    for statement in statements:
        if not statement.tag:
            continue
        yield statement
        # A LANGUAGE sql body is checked when the function is made, a PL/pgSQL body when it is called.
        if statement.tag == "DO" or _language(statement) == "sql":
            yield from _that_run(statement.inner)


def _language(statement: Statement) -> str:
    if node_name(statement) != "CreateFunctionStmt":
        return ""
    named = [o.def_elem.arg.string.sval for o in parse_tree(statement).options if o.def_elem.defname == "language"]
    return str(named[0]) if named else "sql"


def _created_names(statement: Statement, schema: str) -> Iterator[tuple[Name, int]]:
    """The names that a statement creates, each with its location (bytes, or -1); `schema`: that of bare names."""
    body, creation = parse_tree(statement), created(statement)
    range_var = body.typevar if node_name(statement) == "CompositeTypeStmt" else range_var_created(statement)
    if range_var is not None:
        # A relation is also a type: that of its rows.
        yield Name("relation", range_var.schemaname or schema, range_var.relname), range_var.location
        yield Name("type", range_var.schemaname or schema, range_var.relname), range_var.location
    elif creation and creation.name and creation.kind in _CREATED and creation.schema not in _BUILT_IN:
        kind = _CREATED[creation.kind]
        parameters = extension(statement)
        named = parameters.schema if parameters else creation.schema
        yield Name(kind, "" if kind == "schema" else named or schema, creation.name), -1
    match node_name(statement):
        case "RenameStmt" if enum(body, "rename_type") in _RELATION_KINDS:
            yield Name("relation", body.relation.schemaname or schema, body.newname), body.relation.location
        case "RenameStmt" if enum(body, "rename_type") == "OBJECT_COLUMN":
            yield Name("column", body.relation.schemaname or schema, body.newname, body.relation.relname), -1
        case "AlterTableStmt":
            for cmd in body.cmds:
                if enum(cmd.alter_table_cmd, "subtype") == "AT_AddColumn":
                    column = getattr(cmd.alter_table_cmd, "def").column_def
                    of = body.relation
                    yield Name("column", of.schemaname or schema, column.colname, of.relname), column.location


def _qualified(kind: str, parts: list[str], path: list[str], location: int = -1) -> Iterator[tuple[Name, int]]:
    if not parts or (len(parts) > 1 and parts[-2] in _BUILT_IN):
        return
    for schema in [parts[-2]] if len(parts) > 1 else path:
        yield Name(kind, schema, parts[-1]), location


def _used(statement: Statement, path: list[str]) -> Iterator[tuple[Name, int]]:
    relations: dict[tuple[str, str], int] = {}
    columns: set[str] = set()
    for field_name, node in postgast.walk(parse_tree(statement)):
        match node.DESCRIPTOR.name:
            case "RangeVar":
                for schema in [node.schemaname] if node.schemaname else path:
                    relations.setdefault((schema, node.relname), node.location)
            case "TypeName":
                yield from _qualified("type", strings(node.names), path, node.location)
            case "FuncCall":
                yield from _qualified("function", strings(node.funcname), path, node.location)
                if node.funcname[-1].string.sval in _OF_A_SEQUENCE and node.args:
                    relations.update(_in_string(node.args[0], path))
            case "TypeCast" if strings(node.type_name)[-1:] == ["regclass"]:
                relations.update(_in_string(node.arg, path))
            case "AlterEnumStmt":
                yield from _qualified("type", strings(node.type_name), path)
            case "CreateTrigStmt":
                yield from _qualified("function", strings(node.funcname), path)
            case "ObjectWithArgs":
                yield from _qualified("function", strings(node.objname), path)
            case "String" if field_name != "sval":
                columns.add(node.sval)
            case "IndexElem" | "AlterTableCmd" | "ResTarget":
                columns.add(node.name)
    yield from _named_objects(statement, path, relations)
    for (schema, relation), location in relations.items():
        if schema in _BUILT_IN:
            continue
        if node_name(statement) != "DropStmt":
            yield Name("schema", "", schema), location
        yield Name("relation", schema, relation), location
        for column in columns:
            yield Name("column", schema, column, relation), location


def _in_string(node: Any, path: list[str]) -> dict[tuple[str, str], int]:
    """The relation in a string: `nextval('company.numbers')`; nothing for a quoted name or an expression."""
    text = node.type_cast.arg.a_const if node.WhichOneof("node") == "type_cast" else node.a_const
    parts = text.sval.sval.split(".")
    if not all(parts) or len(parts) > 2 or '"' in text.sval.sval:
        return {}
    return {(schema, parts[-1]): text.location for schema in (parts[:1] if len(parts) == 2 else path)}


def _named_objects(
    statement: Statement, path: list[str], relations: dict[tuple[str, str], int]
) -> Iterator[tuple[Name, int]]:
    """The objects of COMMENT, DROP and GRANT, which name them as lists of strings; adds relations to `relations`."""
    body = parse_tree(statement)
    if node_name(statement) == "CommentStmt":
        kind, objects = enum(body, "objtype"), [body.object]
    elif node_name(statement) == "DropStmt" and not body.missing_ok:
        kind, objects = enum(body, "remove_type"), list(body.objects)
    elif node_name(statement) == "GrantStmt":
        kind, objects = enum(body, "objtype"), list(body.objects)
    else:
        return
    for named in objects:
        parts = strings(named)
        if kind in _ON_A_RELATION:
            parts = parts[:-1]
        if kind in _RELATION_KINDS | _ON_A_RELATION and parts:
            for schema in [parts[-2]] if len(parts) > 1 else path:
                relations.setdefault((schema, parts[-1]), -1)
        elif kind in _TYPE_KINDS:
            yield from _qualified("type", parts, path)
        elif kind == "OBJECT_SCHEMA" and parts:
            yield Name("schema", "", parts[-1]), -1


def mentions(statement: Statement) -> Mentions:
    """All names in a statement, without those of the statements inside it; none for one that cannot be read."""
    if not statement.tag:
        return Mentions()
    names, constraint = set(), False
    for node in walk(parse_tree(statement)):
        kind = node.DESCRIPTOR.name
        constraint |= kind == "Constraint" and bool(node.conname or node.keys or node.HasField("raw_expr"))
        for name_field in _NAME_FIELDS:
            value = getattr(node, name_field, None)
            if isinstance(value, str) and value:
                names.add(value)
    return Mentions(frozenset(names), constraint)


def named(statement: Statement) -> frozenset[str]:
    """The bare names of relations and columns in a statement, and in its bodies."""
    names: set[str] = set()
    for inner in statement.walk():
        names |= mentions(inner).names
        if inner.tag:
            names |= {node.relname for node in walk(parse_tree(inner)) if node.DESCRIPTOR.name == "RangeVar"}
    return frozenset(names)
