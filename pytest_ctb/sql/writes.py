"""The rows that statements change, by their text: the columns that they set, the values that select rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql.plpgsql.dynamic_sql import UNKNOWN
from pytest_ctb.sql.tree import parse_tree, walk

_SETTING = {"UpdateStmt": "target_list", "MergeWhenClause": "target_list", "OnConflictClause": "target_list"}
_WRITING = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}
_CHANGING = _WRITING - {"InsertStmt"}
_ON_ROWS = {"INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "SELECT INTO"}
_PICKING = {
    "UpdateStmt": "where_clause",
    "DeleteStmt": "where_clause",
    "MergeWhenClause": "condition",
    "OnConflictClause": "where_clause",
}


def assigned(statements: Iterable[Statement]) -> frozenset[str]:
    """The bare names of the columns that UPDATE, MERGE or ON CONFLICT sets, in bodies too."""
    return frozenset(
        target.res_target.name
        for node in _nodes(statements)
        if (field := _SETTING.get(node.DESCRIPTOR.name))
        for target in getattr(node, field)
        if target.WhichOneof("node") == "res_target"
    )


def compared(statements: Iterable[Statement]) -> tuple[str, ...]:
    """The literals in the WHERE of UPDATE, DELETE or MERGE, in order."""
    literals: dict[str, None] = {}
    for node in _nodes(statements):
        field = _PICKING.get(node.DESCRIPTOR.name)
        if field and node.HasField(field):
            literals |= dict.fromkeys(_literals(getattr(node, field)))
    return tuple(literals)


def rows_written(statement: Statement) -> frozenset[str]:
    """The bare names of the relations that a statement writes rows to, by its text and that of a DO block."""
    relations = {
        node.relation.relname
        for inner in (statement.walk() if statement.tag == "DO" else (statement,))
        if inner.tag
        for node in walk(parse_tree(inner))
        if node.DESCRIPTOR.name in _WRITING or (node.DESCRIPTOR.name == "CopyStmt" and node.is_from)
    }
    return frozenset(relations)


def changes_rows(statement: Statement) -> bool:
    """Whether a statement updates or deletes rows by its text, or by that of a DO block, which may not come to it."""
    return any(
        node.DESCRIPTOR.name in _CHANGING
        for inner in (statement.walk() if statement.tag == "DO" else (statement,))
        if inner.tag in _ON_ROWS
        for node in walk(parse_tree(inner))
    )


def _nodes(statements: Iterable[Statement]) -> Iterator[Any]:
    for outer in statements:
        for inner in outer.walk():
            if inner.tag in _ON_ROWS:
                yield from walk(parse_tree(inner))


def _literals(node: Any) -> Iterator[str]:
    for constant in walk(node):
        if constant.DESCRIPTOR.name != "A_Const":
            continue
        kind = constant.WhichOneof("val")
        value = {
            "sval": lambda constant=constant: constant.sval.sval,
            "ival": lambda constant=constant: str(constant.ival.ival),
            "fval": lambda constant=constant: constant.fval.fval,
            "boolval": lambda constant=constant: str(constant.boolval.boolval).lower(),
        }.get(kind, lambda: UNKNOWN)()
        if UNKNOWN not in value:
            yield value
