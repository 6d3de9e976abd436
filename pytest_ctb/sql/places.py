"""Where in a file an object of the schema is defined, so that a difference in the database has a line in the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_ctb.model import Key, Position, Statement
from pytest_ctb.sql.tokens import commands, place
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings

_COMMENTED = {
    "OBJECT_TABLE": "table",
    "OBJECT_COLUMN": "column",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_INDEX": "index",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_SCHEMA": "schema",
    "OBJECT_TYPE": "type",
    "OBJECT_DOMAIN": "type",
    "OBJECT_FUNCTION": "function",
    "OBJECT_PROCEDURE": "function",
    "OBJECT_TABCONSTRAINT": "constraint",
    "OBJECT_TRIGGER": "trigger",
    "OBJECT_POLICY": "policy",
    "OBJECT_EXTENSION": "extension",
}


def places(statements: Iterable[Statement]) -> Mapping[Key, Position]:
    """The position of the last statement (or part of one) that says something of an object.

    Functions stand here without their arguments, constraints under the name that they are given.
    """
    return {key: position for statement in statements for key, position in _places(statement)}


def _places(statement: Statement) -> Iterator[tuple[Key, Position]]:
    body, here = parse_tree(statement), statement.position
    match node_name(statement):
        case "CreateStmt":
            table = _qualified(body.relation)
            yield Key("table", table), here
            yield from _parts(statement, table, body.table_elts)
        case "AlterTableStmt":
            table = _qualified(body.relation)
            for start, cmd in zip(commands(statement), body.cmds, strict=False):
                command = cmd.alter_table_cmd
                definition = getattr(command, "def")
                at = place(statement, start)
                yield Key("column", f"{table}.{command.name or definition.column_def.colname}"), at
                yield Key("constraint", f"{table}.{command.name or definition.constraint.conname}"), at
                if definition.WhichOneof("node"):
                    yield from _parts(statement, table, [definition])
        case "IndexStmt":
            schema = body.relation.schemaname or "public"
            yield Key("index", f"{schema}.{body.idxname}"), here
        case "ViewStmt":
            yield Key("view", _qualified(body.view)), here
        case "CreateTableAsStmt":
            view = enum(body, "objtype") == "OBJECT_MATVIEW"
            yield Key("materialized view" if view else "table", _qualified(body.into.rel)), here
        case "CreateSeqStmt":
            yield Key("sequence", _qualified(body.sequence)), here
        case "CreateSchemaStmt":
            yield Key("schema", body.schemaname), here
        case "CreateExtensionStmt":
            yield Key("extension", body.extname), here
        case "CreateFunctionStmt":
            yield Key("function", _dotted(strings(body.funcname))), here
        case "CreateTrigStmt":
            yield Key("trigger", f"{_qualified(body.relation)}.{body.trigname}"), here
        case "CreatePolicyStmt":
            yield Key("policy", f"{_qualified(body.table)}.{body.policy_name}"), here
        case "CreateEnumStmt" | "CreateRangeStmt":
            yield Key("type", _dotted(strings(body.type_name))), here
        case "CreateDomainStmt":
            yield Key("type", _dotted(strings(body.domainname))), here
        case "CompositeTypeStmt":
            yield Key("type", _qualified(body.typevar)), here
        case "CommentStmt":
            kind = _COMMENTED.get(enum(body, "objtype"), "")
            name = strings(body.object)
            yield Key("comment", f"{kind} {'.'.join(name) if kind in {'schema', 'extension'} else _dotted(name)}"), here


def _parts(statement: Statement, table: str, parts: Iterable[Any]) -> Iterator[tuple[Key, Position]]:
    """The columns and constraints that a CREATE TABLE or an ALTER TABLE … ADD spells out."""
    for part in parts:
        column, constraint = part.column_def, part.constraint
        if part.WhichOneof("node") == "column_def":
            yield Key("column", f"{table}.{column.colname}"), statement.at(column.location)
            for node in column.constraints:
                yield from _constraint(statement, table, node.constraint, [column.colname])
        elif part.WhichOneof("node") == "constraint":
            yield from _constraint(statement, table, constraint, [node.string.sval for node in constraint.keys])


def _constraint(
    statement: Statement, table: str, constraint: Any, columns: list[str]
) -> Iterator[tuple[Key, Position]]:
    suffix = {
        "CONSTR_PRIMARY": "pkey",
        "CONSTR_UNIQUE": "key",
        "CONSTR_FOREIGN": "fkey",
        "CONSTR_CHECK": "check",
        "CONSTR_EXCLUSION": "excl",
    }.get(enum(constraint, "contype"))
    if suffix is None:
        return
    of = [name.string.sval for name in constraint.fk_attrs] or columns
    # The name that Postgres makes up where none is given.
    made_up = [table.rpartition(".")[2], *([] if suffix == "pkey" else of), suffix]
    yield Key("constraint", f"{table}.{constraint.conname or '_'.join(made_up)}"), statement.at(constraint.location)


def _qualified(relation: Any) -> str:
    return f"{relation.schemaname or 'public'}.{relation.relname}"


def _dotted(parts: list[str]) -> str:
    return ".".join(parts if len(parts) > 1 else ["public", *parts])
