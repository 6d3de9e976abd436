"""What a file makes and what it uses: enough to know which of two files must come first.

Names are as the SQL gives them; one without a schema is looked up in `public`, or in what the file itself puts on its
search_path. Only what a statement needs at once counts: a PL/pgSQL body needs its tables when it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import postgast

from pytest_ctb.model import Name, Position, Statement
from pytest_ctb.sql.parser import enum, strings
from pytest_ctb.sql.plpgsql.fold import UNKNOWN

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


@dataclass(frozen=True)
class Names:
    """The names of one file. `makes` and `uses` tell where each first stands; nothing made here counts as used."""

    makes: Mapping[Name, Position] = field(default_factory=dict)
    uses: Mapping[Name, Position] = field(default_factory=dict)


def names_in(statements: Iterable[Statement]) -> Names:
    """The names that a file's statements make and use, those of DO blocks included."""
    makes: dict[Name, Position] = {}
    uses: dict[Name, Position] = {}
    path = ["public"]
    for statement in _run_at_once(statements):
        if statement.kind == "variable_set_stmt" and statement.body.name == "search_path":
            path = [arg.a_const.sval.sval for arg in statement.body.args] or ["public"]
            continue
        made = {name: at for name, at in _made(statement, path[0]) if _known(name)}
        for name, location in filter(lambda one: _known(one[0]), _used(statement, path)):
            if name not in makes and name not in made:
                uses.setdefault(name, statement.at(location))
        for name, location in made.items():
            makes.setdefault(name, statement.at(location))
    return Names(makes, uses)


def _known(name: Name) -> bool:
    """Two files that each make a table of some name need not mean the same one."""
    return not any(UNKNOWN in part for part in (name.schema, name.name, name.of))


def _run_at_once(statements: Iterable[Statement]) -> Iterator[Statement]:
    for statement in statements:
        if not statement.kind:
            continue
        yield statement
        # A LANGUAGE sql body is checked when the function is made, a PL/pgSQL body when it is called.
        if statement.kind == "do_stmt" or _language(statement) == "sql":
            yield from _run_at_once(statement.inner)


def _language(statement: Statement) -> str:
    if statement.kind != "create_function_stmt":
        return ""
    named = [o.def_elem.arg.string.sval for o in statement.body.options if o.def_elem.defname == "language"]
    return str(named[0]) if named else "sql"


def _made(statement: Statement, schema: str) -> Iterator[tuple[Name, int]]:
    body = statement.body
    relation = relation_made(statement)
    if relation is not None:
        yield from _relation_and_its_type(relation, schema)
    match statement.kind:
        case "composite_type_stmt":
            yield from _relation_and_its_type(body.typevar, schema)
        case "index_stmt" if body.idxname:
            yield Name("relation", body.relation.schemaname or schema, body.idxname), -1
        case "create_enum_stmt" | "create_range_stmt":
            yield from _qualified("type", strings(body.type_name), [schema])
        case "create_domain_stmt":
            yield from _qualified("type", strings(body.domainname), [schema])
        case "create_function_stmt":
            yield from _qualified("function", strings(body.funcname), [schema])
        case "create_extension_stmt":  # the main type of many has its name: citext, hstore, vector
            of = [o.def_elem.arg.string.sval for o in body.options if o.def_elem.defname == "schema"]
            yield Name("type", of[0] if of else schema, body.extname), -1
        case "create_schema_stmt":
            yield Name("schema", "", body.schemaname), -1
        case "rename_stmt" if enum(body, "rename_type") in _RELATION_KINDS:
            yield Name("relation", body.relation.schemaname or schema, body.newname), body.relation.location
        case "rename_stmt" if enum(body, "rename_type") == "OBJECT_COLUMN":
            yield Name("column", body.relation.schemaname or schema, body.newname, body.relation.relname), -1
        case "alter_table_stmt":
            for cmd in body.cmds:
                if enum(cmd.alter_table_cmd, "subtype") == "AT_AddColumn":
                    column = getattr(cmd.alter_table_cmd, "def").column_def
                    of = body.relation
                    yield Name("column", of.schemaname or schema, column.colname, of.relname), column.location


def relation_made(statement: Statement) -> Any:
    """The relation (a RangeVar) that a statement makes, or None."""
    found, body = None, statement.body
    match statement.kind:
        case "create_stmt":
            found = body.relation
        case "create_foreign_table_stmt":
            found = body.base_stmt.relation
        case "create_table_as_stmt":
            found = body.into.rel
        case "select_stmt" if body.HasField("into_clause"):
            found = body.into_clause.rel
        case "view_stmt":
            found = body.view
        case "create_seq_stmt":
            found = body.sequence
    return found


def is_temporary(relation: Any) -> bool:
    """Tell whether a relation (a RangeVar) is gone with its session, as far as its own words say so."""
    return bool(relation.relpersistence == "t" or relation.schemaname == "pg_temp")


def _relation_and_its_type(node: Any, schema: str) -> Iterator[tuple[Name, int]]:
    yield Name("relation", node.schemaname or schema, node.relname), node.location
    yield Name("type", node.schemaname or schema, node.relname), node.location


def _qualified(kind: str, parts: list[str], path: list[str], location: int = -1) -> Iterator[tuple[Name, int]]:
    if not parts or (len(parts) > 1 and parts[-2] in _BUILT_IN):
        return
    for schema in [parts[-2]] if len(parts) > 1 else path:
        yield Name(kind, schema, parts[-1]), location


def _used(statement: Statement, path: list[str]) -> Iterator[tuple[Name, int]]:
    relations: dict[tuple[str, str], int] = {}
    columns: set[str] = set()
    for field_name, node in postgast.walk(statement.body):
        match node.DESCRIPTOR.name:
            case "RangeVar":
                for schema in [node.schemaname] if node.schemaname else path:
                    relations.setdefault((schema, node.relname), node.location)
            case "TypeName":
                yield from _qualified("type", strings(node.names), path, node.location)
            case "FuncCall":
                yield from _qualified("function", strings(node.funcname), path, node.location)
                if node.funcname[-1].string.sval in _OF_A_SEQUENCE and node.args:
                    relations.update(_told_in_a_string(node.args[0], path))
            case "TypeCast" if strings(node.type_name)[-1:] == ["regclass"]:
                relations.update(_told_in_a_string(node.arg, path))
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
        if statement.kind != "drop_stmt":
            yield Name("schema", "", schema), location
        yield Name("relation", schema, relation), location
        for column in columns:
            yield Name("column", schema, column, relation), location


def _told_in_a_string(node: Any, path: list[str]) -> dict[tuple[str, str], int]:
    """The relation that `nextval('company.numbers')` names, where it is written plainly."""
    text = node.type_cast.arg.a_const if node.WhichOneof("node") == "type_cast" else node.a_const
    parts = text.sval.sval.split(".")
    if not all(parts) or len(parts) > 2 or '"' in text.sval.sval:
        return {}
    return {(schema, parts[-1]): text.location for schema in (parts[:1] if len(parts) == 2 else path)}


def _named_objects(
    statement: Statement, path: list[str], relations: dict[tuple[str, str], int]
) -> Iterator[tuple[Name, int]]:
    """Objects that a statement names as a list of strings, whose kind it tells apart; relations go into `relations`."""
    body = statement.body
    if statement.kind == "comment_stmt":
        kind, objects = enum(body, "objtype"), [body.object]
    elif statement.kind == "drop_stmt" and not body.missing_ok:
        kind, objects = enum(body, "remove_type"), list(body.objects)
    elif statement.kind == "grant_stmt":
        kind, objects = enum(body, "objtype"), list(body.objects)
    else:
        return
    for one in objects:
        parts = strings(one)
        if kind in _ON_A_RELATION:
            parts = parts[:-1]
        if kind in _RELATION_KINDS | _ON_A_RELATION and parts:
            for schema in [parts[-2]] if len(parts) > 1 else path:
                relations.setdefault((schema, parts[-1]), -1)
        elif kind in _TYPE_KINDS:
            yield from _qualified("type", parts, path)
        elif kind == "OBJECT_SCHEMA" and parts:
            yield Name("schema", "", parts[-1]), -1
