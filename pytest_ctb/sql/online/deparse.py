"""Parts of the parse tree as SQL."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import postgast

from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.tree import walk


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
    result = postgast.ParseResult()
    getattr(result.stmts.add().stmt, _field(tree.DESCRIPTOR.name)).CopyFrom(tree)
    return libpg_query.deparse(result)


@cache
def _field(kind: str) -> str:
    """The field of a node that holds one of this kind."""
    fields = postgast.pg_query_pb2.Node.DESCRIPTOR.fields
    return str(next(field.name for field in fields if field.message_type and field.message_type.name == kind))


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
