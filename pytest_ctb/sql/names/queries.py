"""Which objects a query needs, and any expression, name of a type or call of a function."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_ctb.sql.names.scope import Item, Scope, from_items, inner, outputs, table_item, with_ctes
from pytest_ctb.sql.names.walk import Found, Handler, Walk
from pytest_ctb.sql.tree import strings

_OF_A_SEQUENCE = {"nextval", "currval", "setval"}
_BUILT_IN_TYPES = re.compile(
    r"(?:bit|bool|box|bpchar|bytea|char|cid|cidr|circle|cstring|date|float[48]|inet|interval|json|jsonb|jsonpath|line|lseg"
    r"|macaddr8?|money|name|numeric|oid|path|pg_lsn|point|polygon|record|refcursor|reg\w+|text|tid|time|timestamp"
    r"|timestamptz|timetz|trigger|tsquery|tsvector|uuid|varbit|varchar|void|xid8?|xml"
    r"|int[248]|(?:int4|int8|num|ts|tstz|date)(?:multi)?range|any\w*|event_trigger)"
)
"""What a bare name means before the search path is asked."""


def _range_var(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    if not scope.cte(node):
        yield from walk.relation(node)


def _type_name(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    parts = strings(node.names)
    if len(parts) > 1 or not _BUILT_IN_TYPES.fullmatch(parts[0]):
        if node.pct_type:
            yield walk.lookup.of("relation", parts[:-1]), node.location
        else:
            yield walk.lookup.of("type", parts), node.location
    walk.push(node.typmods, scope)


def _call(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    parts = strings(node.funcname)
    yield walk.lookup.of("function", parts), node.location
    if parts[-1] in _OF_A_SEQUENCE and node.args:
        yield from _in_string(walk, node.args[0])
    walk.rest(node, scope, "funcname")


def _cast(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    if strings(node.type_name)[-1:] == ["regclass"]:
        yield from _in_string(walk, node.arg)
    walk.rest(node, scope)
    yield from ()


def _in_string(walk: Walk, node: Any) -> Iterator[Found]:
    """The relation in a string: `nextval('company.numbers')`; nothing for a quoted name or an expression."""
    text = node.type_cast.arg.a_const if node.WhichOneof("node") == "type_cast" else node.a_const
    parts = text.sval.sval.split(".")
    if all(parts) and len(parts) <= 2 and '"' not in text.sval.sval:
        yield walk.lookup.of("relation", parts), text.location


def _column(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    parts = strings(node.fields)
    if parts and len(parts) == len(node.fields):  # none ends with a star
        yield scope.column(parts), node.location
    walk.push((), scope)


def _select(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    scope = _with(walk, node, scope)
    if node.HasField("larg"):
        walk.push([node.larg, node.rarg], scope)
        if node.sort_clause:
            walk.push(node.sort_clause, scope.within([outputs(node, scope, walk.lookup)]))
        return
    inside = scope.within(from_items(node.from_clause, scope, walk.lookup))
    names = frozenset(target.res_target.name for target in node.target_list if target.res_target.name)
    named = inside.within([Item("", names)])  # what AS names may be meant in ORDER BY and GROUP BY
    walk.push([*node.sort_clause, *node.group_clause, *node.distinct_clause, *node.window_clause], named)
    clauses = ("from_clause", "sort_clause", "group_clause", "distinct_clause", "window_clause", "with_clause")
    walk.rest(node, inside, *clauses, "into_clause", "locking_clause")
    yield from _from(walk, node.from_clause, inside, scope)


def _with(walk: Walk, node: Any, scope: Scope) -> Scope:
    inside, queries = with_ctes(node, scope, walk.lookup)
    for query, sees in reversed(queries):
        walk.push([query], sees)
    return inside


def _from(walk: Walk, nodes: Iterable[Any], inside: Scope, outside: Scope) -> Iterator[Found]:
    """What the items of a FROM clause need. A subquery without LATERAL does not see the items beside it."""
    waiting = [inner(node) for node in reversed(list(nodes))]
    while waiting:
        node = waiting.pop()
        match node.DESCRIPTOR.name:
            case "JoinExpr":
                for side in (node.larg, node.rarg) if node.using_clause else ():
                    scope = Scope(from_items([side], outside, walk.lookup))
                    for name in strings(node.using_clause):
                        yield scope.column([name]), -1
                walk.push([node.quals] if node.HasField("quals") else (), inside)
                waiting += [inner(node.rarg), inner(node.larg)]
            case "RangeVar":
                yield from _range_var(walk, node, outside)
            case "RangeSubselect":
                walk.push([node.subquery], inside if node.lateral else outside)
            case _:
                walk.rest(node, inside, "alias")


def _insert(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    scope = _with(walk, node, scope)
    yield from walk.relation(node.relation)
    yield from _targets(walk, node.relation, node.cols)
    inside = walk.on(node.relation, scope)
    conflict = node.on_conflict_clause
    for element in conflict.infer.index_elems:
        yield from walk.columns(node.relation, [element.index_elem.name], conflict.infer.location)
    yield from _targets(walk, node.relation, conflict.target_list)
    walk.push([conflict], walk.on(node.relation, scope, "excluded"))
    walk.push([node.returning_clause], inside)
    walk.push([node.select_stmt] if node.HasField("select_stmt") else (), scope)


def _targets(walk: Walk, range_var: Any, nodes: Iterable[Any]) -> Iterator[Found]:
    for node in nodes:
        yield from walk.columns(range_var, [node.res_target.name], node.res_target.location)


def _write(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    """An UPDATE or a DELETE."""
    scope = _with(walk, node, scope)
    clause = "from_clause" if node.DESCRIPTOR.name == "UpdateStmt" else "using_clause"
    others = getattr(node, clause)
    inside = scope.within([table_item(node.relation, scope, walk.lookup), *from_items(others, scope, walk.lookup)])
    yield from walk.relation(node.relation)
    if clause == "from_clause":
        yield from _targets(walk, node.relation, node.target_list)
    walk.rest(node, inside, "relation", "with_clause", clause)
    yield from _from(walk, others, inside, scope)


def _merge(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    scope = _with(walk, node, scope)
    sources = from_items([node.source_relation], scope, walk.lookup)
    inside = scope.within([table_item(node.relation, scope, walk.lookup), *sources])
    yield from walk.relation(node.relation)
    for wrapped in node.merge_when_clauses:
        yield from _targets(walk, node.relation, inner(wrapped).target_list)
    walk.rest(node, inside, "relation", "with_clause", "source_relation")
    yield from _from(walk, [node.source_relation], inside, scope)


def _index_element(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    """A column of an index, of ON CONFLICT, of EXCLUDE, of CREATE STATISTICS or of PARTITION BY."""
    if node.name:
        yield scope.column([node.name]), -1
    walk.rest(node, scope, "collation", "opclass")


QUERIES: dict[str, Handler] = {
    "ColumnRef": _column,
    "DeleteStmt": _write,
    "FuncCall": _call,
    "IndexElem": _index_element,
    "InsertStmt": _insert,
    "LockingClause": lambda *_: iter(()),
    "MergeStmt": _merge,
    "RangeVar": _range_var,
    "SelectStmt": _select,
    "StatsElem": _index_element,
    "TypeCast": _cast,
    "TypeName": _type_name,
    "UpdateStmt": _write,
}
"""How a node of a query or an expression is read."""
