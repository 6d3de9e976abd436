"""Parts of the parse tree as SQL."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.parser import as_sql
from pytest_ctb.sql.tree import walk


def name_sql(relation: Any) -> str:
    """A relation as SQL writes its name."""
    return as_sql(relation.schemaname, relation.relname)


def literal(text: str) -> str:
    """A string constant."""
    return "'" + text.replace("'", "''") + "'"


def expression_sql(expression: Any) -> str:
    """An expression of the parse tree as SQL."""
    result = libpg_query.parse("SELECT 1")
    result.stmts[0].stmt.select_stmt.target_list[0].res_target.val.CopyFrom(expression)
    return libpg_query.deparse(result).removeprefix("SELECT ")


def type_sql(type_name: Any) -> str:
    """A type as SQL."""
    result = libpg_query.parse("SELECT NULL::int")
    result.stmts[0].stmt.select_stmt.target_list[0].res_target.val.type_cast.type_name.CopyFrom(type_name)
    return libpg_query.deparse(result).removeprefix("SELECT NULL::")


def statement_sql(tree: Any) -> str:
    """A statement as SQL, without its semicolon."""
    result = libpg_query.parse("SELECT 1")
    node = result.stmts[0].stmt
    kind = tree.DESCRIPTOR.name
    field = next(
        field.name for field in node.DESCRIPTOR.fields if field.message_type and field.message_type.name == kind
    )
    node.ClearField("select_stmt")
    getattr(node, field).CopyFrom(tree)
    return libpg_query.deparse(result)


def of_new_row(expression: Any) -> str:
    """An expression over the columns of a table as one over those of NEW in a trigger."""
    made = deepcopy(expression)
    for node in walk(made):
        if node.DESCRIPTOR.name == "ColumnRef":
            last = deepcopy(node.fields[-1])
            del node.fields[:]
            node.fields.add().string.sval = "new"
            node.fields.append(last)
    return expression_sql(made)
