"""The positions of statements that define an object, so that a finding about the schema has a line in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_ctb.model import Key, Position, Statement
from pytest_ctb.sql.objects import Created, created, relation
from pytest_ctb.sql.tokens import commands, position_at
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings, walk

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
    "OBJECT_ROLE": "role",
}
_CREATED = {
    "TABLE": "table",
    "VIEW": "view",
    "MATERIALIZED VIEW": "materialized view",
    "INDEX": "index",
    "SEQUENCE": "sequence",
    "SCHEMA": "schema",
    "EXTENSION": "extension",
    "FUNCTION": "function",
    "PROCEDURE": "function",
    "TYPE": "type",
    "DOMAIN": "type",
    "TRIGGER": "trigger",
    "POLICY": "policy",
    "ROLE": "role",
    "STATISTICS": "statistics",
    "CONVERSION": "conversion",
}
"""The kind in a Key, by the kind of `created`."""
_IN_NO_SCHEMA = {"schema", "extension", "role"}


def object_positions(statements: Iterable[Statement]) -> Mapping[Key, Position]:
    """For each object the position of the last statement, or part of one, that defines or comments on it.

    Keys name functions without their arguments, and constraints by the name that Postgres gives them.
    """
    return {key: position for statement in statements for key, position in _positions(statement)}


def _positions(statement: Statement) -> Iterator[tuple[Key, Position]]:
    body, position = parse_tree(statement), statement.position
    creation = created(statement)
    if creation and creation.name and creation.kind in _CREATED:
        yield Key(_CREATED[creation.kind], _name(statement, creation)), position
    match node_name(statement):
        case "CreateStmt":
            yield from _parts(statement, _qualified(body.relation), body.table_elts)
        case "AlterTableStmt":
            table = _qualified(body.relation)
            for start, cmd in zip(commands(statement), body.cmds, strict=False):
                command = cmd.alter_table_cmd
                definition = getattr(command, "def")
                at = position_at(statement, start)
                yield Key("column", f"{table}.{command.name or definition.column_def.colname}"), at
                yield Key("constraint", f"{table}.{command.name or definition.constraint.conname}"), at
                if definition.WhichOneof("node"):
                    yield from _parts(statement, table, [definition])
        case "CommentStmt":
            kind = _COMMENTED.get(enum(body, "objtype"), "")
            parts = strings(body.object)
            in_schema = kind not in _IN_NO_SCHEMA and len(parts) == 1
            yield Key("comment", f"{kind} {'.'.join(['public', *parts] if in_schema else parts)}"), position


def _name(statement: Statement, creation: Created) -> str:
    """The name of a created object in a Key: with its schema, or with its table."""
    if _CREATED[creation.kind] in _IN_NO_SCHEMA:
        return creation.name
    if creation.kind in {"TRIGGER", "POLICY"} and (table := relation(statement)):
        return f"{table.schema or 'public'}.{table.name}.{creation.name}"
    return f"{creation.schema or 'public'}.{creation.name}"


def _parts(statement: Statement, table: str, parts: Iterable[Any]) -> Iterator[tuple[Key, Position]]:
    """The columns and constraints in a CREATE TABLE or an ALTER TABLE … ADD."""
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
    if suffix == "check":  # named after the column that it reads, if it reads one alone
        refs = {
            tuple(strings(node.fields)) for node in walk(constraint.raw_expr) if node.DESCRIPTOR.name == "ColumnRef"
        }
        read = {ref[-1] for ref in refs if ref}
        of = [*read] if len(read) == 1 else []
    # The name that Postgres generates where none is given.
    generated = [table.rpartition(".")[2], *([] if suffix == "pkey" else of), suffix]
    yield Key("constraint", f"{table}.{constraint.conname or '_'.join(generated)}"), statement.at(constraint.location)


def _qualified(relation: Any) -> str:
    return f"{relation.schemaname or 'public'}.{relation.relname}"
