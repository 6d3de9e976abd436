"""Which names in a statement are looked up in the search_path: by the parse tree, for tests of our own SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import postgast

from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.tree import enum, strings, walk

_BY_NAME = {
    "AEXPR_IN": "IN",
    "AEXPR_LIKE": "LIKE",
    "AEXPR_ILIKE": "ILIKE",
    "AEXPR_SIMILAR": "SIMILAR TO",
    "AEXPR_BETWEEN": "BETWEEN",
    "AEXPR_NOT_BETWEEN": "NOT BETWEEN",
    "AEXPR_BETWEEN_SYM": "BETWEEN SYMMETRIC",
    "AEXPR_NOT_BETWEEN_SYM": "NOT BETWEEN SYMMETRIC",
    "AEXPR_DISTINCT": "IS DISTINCT FROM",
    "AEXPR_NOT_DISTINCT": "IS NOT DISTINCT FROM",
    "AEXPR_NULLIF": "NULLIF",
}
"""What stands for an operator that nobody can write in full."""
_FIND = {"regclass", "regproc", "regprocedure", "regtype", "regoper", "regoperator"}
"""Types whose input looks a name up."""
_DECLARED = re.compile(r"\n\s*DECLARE\b(.*?)\n\s*BEGIN\b", re.DOTALL)


def _statements(sql: str) -> list[Any]:
    """The parse tree of each statement."""
    return [getattr(stmt.stmt, stmt.stmt.WhichOneof("node")) for stmt in postgast.parse(sql).stmts]


def unqualified(sql: str, *, operators: bool = False) -> list[str]:
    """Each relation, function and type that is named without its schema, those in the bodies of functions too.

    `operators`: those as well, for SQL that runs where a migration has set the search_path. So does a body that does
    not set its own.
    """
    found: list[str] = []
    for node in _statements(sql):
        found += _in(node, sql, operators=operators)
        if node.DESCRIPTOR.name == "CreateFunctionStmt":
            found += _in_body(node)
    return found


def _in(body: Any, sql: str, *, operators: bool) -> Iterator[str]:
    named = {one.ctename for one in walk(body) if one.DESCRIPTOR.name == "CommonTableExpr"}
    for node in walk(body):
        match node.DESCRIPTOR.name:
            case "RangeVar" if not node.schemaname and node.relname not in named:
                yield f"relation {node.relname}"
            case "FuncCall" if len(node.funcname) < 2:
                yield f"function {strings(node.funcname)[0]}"
            case "TypeName" if len(node.names) == 1:
                yield f"type {strings(node.names)[0]}"
            case "TypeName" if sql.encode()[node.location :].startswith(b"json"):
                yield "type json"  # one of the grammar's own since 17, and before that of whoever comes first
            case "TypeCast" if strings(node.type_name.names)[-1] in _FIND:
                if node.arg.WhichOneof("node") == "a_const" and "." not in node.arg.a_const.sval.sval:
                    yield f"object {node.arg.a_const.sval.sval}"
            case "A_Expr" | "CaseExpr" | "SubLink" | "JoinExpr" | "SortBy" if operators:
                yield from _operators(node)


def _operators(node: Any) -> Iterator[str]:
    match node.DESCRIPTOR.name:
        case "A_Expr" if (kind := enum(node, "kind")) in _BY_NAME:
            yield f"the operator of {_BY_NAME[kind]}"
        case "A_Expr" if len(node.name) < 2:
            yield f"operator {strings(node.name)[0]}"
        case "CaseExpr" if node.HasField("arg"):
            yield "the operator of CASE x WHEN"
        case "SubLink" if enum(node, "sub_link_type") in {"ANY_SUBLINK", "ALL_SUBLINK"} and len(node.oper_name) < 2:
            yield "the operator of IN (SELECT …)"
        case "JoinExpr" if node.using_clause or node.is_natural:
            yield "the operator of JOIN … USING"
        case "SortBy" if len(node.use_op) == 1:
            yield "the operator of ORDER BY … USING"


def _in_body(node: Any) -> Iterator[str]:
    """What the body of a PL/pgSQL function names."""
    options = {option.def_elem.defname: option.def_elem for option in node.options}
    assert options["language"].arg.string.sval == "plpgsql"
    paths = [
        strings([value.a_const.sval for value in option.def_elem.arg.variable_set_stmt.args])
        for option in node.options
        if option.def_elem.defname == "set" and option.def_elem.arg.variable_set_stmt.name == "search_path"
    ]
    fixed = paths in ([[""]], [["pg_catalog", "pg_temp"]])
    (text,) = strings(options["as"].arg)
    for part in _expressions(libpg_query.plpgsql(postgast.deparse(_alone(node)))):
        yield from (one for tree in _statements(part) for one in _in(tree, part, operators=not fixed))
    for declared in _DECLARED.findall(text):
        for one in filter(None, map(str.strip, declared.split(";"))):
            kind = one.partition(":=")[0].split(maxsplit=1)[1]
            cast = f"SELECT NULL::{kind}"
            yield from (found for tree in _statements(cast) for found in _in(tree, cast, operators=False))


def _alone(node: Any) -> Any:
    tree = postgast.parse("SELECT 1")
    tree.stmts[0].stmt.create_function_stmt.CopyFrom(node)
    return tree


def _expressions(tree: Any) -> Iterator[str]:
    """Every query and expression of a body, as a statement."""
    if isinstance(tree, list):
        for one in tree:
            yield from _expressions(one)
    elif isinstance(tree, dict):
        for key, one in tree.items():
            if key == "PLpgSQL_expr":
                lead = "" if one["parseMode"] == 0 else "SELECT "
                yield lead + (one["query"].partition(":=")[2] if one["parseMode"] >= 3 else one["query"])
            else:
                yield from _expressions(one)
