"""Whether a condition in a body can hold while a table does not exist."""

from __future__ import annotations

from typing import Any

import postgast

from pytest_ctb.model import Name
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.names.scope import inner
from pytest_ctb.sql.tree import enum, strings, walk

_CATALOGS = ("pg_", "columns", "tables", "views", "table_constraints", "sequences")
"""How the names of catalogs begin in which a table is searched for by its name."""


def is_false_without(condition: str, table: Name) -> bool:
    """Whether a condition is false where a table does not exist, as far as it asks for that in a usual way.

    Such are `EXISTS (SELECT … FROM information_schema.tables WHERE table_name = 'item')` and
    `to_regclass('shop.item') IS NOT NULL`, with AND, OR and NOT.
    """
    try:
        tree = libpg_query.parse(f"SELECT {condition}")
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        return False
    try:
        return _value(inner(tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val), table) is False
    except RecursionError:
        return False


def _value(node: Any, table: Name) -> bool | None:
    """The value of a condition where the table does not exist; None: it depends on something else."""
    match node.DESCRIPTOR.name:
        case "A_Const" if node.HasField("boolval"):
            return bool(node.boolval.boolval)
        case "BoolExpr":
            values = [_value(inner(argument), table) for argument in node.args]
            return _combined(enum(node, "boolop"), values)
        case "NullTest" if _asks_for(inner(node.arg), table):
            return enum(node, "nulltesttype") == "IS_NULL"
        case "SubLink" if enum(node, "sub_link_type") == "EXISTS_SUBLINK" and _searches(node.subselect, table):
            return False
    return None


def _combined(operator: str, values: list[bool | None]) -> bool | None:
    if operator == "NOT_EXPR":
        return None if values[0] is None else not values[0]
    decides = operator == "OR_EXPR"
    if decides in values:
        return decides
    return None if None in values else not decides


def _asks_for(node: Any, table: Name) -> bool:
    """Whether an expression is `to_regclass` of the table."""
    while node.DESCRIPTOR.name == "TypeCast":
        node = inner(node.arg)
    if node.DESCRIPTOR.name != "FuncCall" or strings(node.funcname)[-1] != "to_regclass" or not node.args:
        return False
    argument = inner(node.args[0])
    argument = inner(argument.arg) if argument.DESCRIPTOR.name == "TypeCast" else argument
    if argument.DESCRIPTOR.name != "A_Const":
        return False
    *schemas, name = argument.sval.sval.replace('"', "").split(".")
    return name == table.name and (not schemas or schemas[-1] == table.schema)


def _searches(query: Any, table: Name) -> bool:
    """Whether a query searches the catalogs for the table by its name: all its conditions must hold."""
    select = inner(query)
    catalogs = [node.relname for node in walk(select) if node.DESCRIPTOR.name == "RangeVar"]
    if not catalogs or not all(name.startswith(_CATALOGS) for name in catalogs):
        return False
    waiting, texts = [inner(select.where_clause)] if select.HasField("where_clause") else [], []
    while waiting:
        node = waiting.pop()
        if node.DESCRIPTOR.name == "BoolExpr" and enum(node, "boolop") == "AND_EXPR":
            waiting += [inner(argument) for argument in node.args]
        elif node.DESCRIPTOR.name == "A_Expr" and strings(node.name) == ["="]:
            sides = (inner(side) for side in (node.lexpr, node.rexpr))
            texts += [const.sval.sval for side in sides for const in walk(side) if const.DESCRIPTOR.name == "A_Const"]
    return table.name in texts or f"{table.schema}.{table.name}" in texts
