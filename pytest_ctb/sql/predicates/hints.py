"""Values for the columns of a table that may meet the conditions on it: constants, expressions, queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple

from pytest_ctb.sql.plpgsql.dynamic_sql import UNKNOWN
from pytest_ctb.sql.predicates.scopes import Scope, Table, as_text, column_names, empty_select, expression_text
from pytest_ctb.sql.tree import enum, strings, walk

_ALIAS = "pytest_ctb_values"
_STEPS = {"->", "->>"}
_PATHS = {"#>", "#>>"}
_HAS_KEY = {"?", "?|", "?&"}
_LEAVES: tuple[Any, ...] = ("x", 1, None, True, False, [], {}, "1970-01-01", "2100-01-01", "0", "100000")
"""Values that a condition on a JSON value may be met by, whatever its constants are."""


class HintKind(Enum):
    """What the text of a hint is, the surest kind first."""

    EXPRESSION = "an SQL expression that the column is compared with"
    QUERY = "a query whose only column the column is compared with"
    JSON = "a JSON text"
    CONSTANT = "the text of a constant in a condition on the column"


class Hint(NamedTuple):
    """A value for a column of a table, or where to get one."""

    column: str
    kind: HintKind
    text: str


def hints(scope: Scope, table: Table, expressions: Iterable[Any] = ()) -> tuple[Hint, ...]:
    """Values for the columns of a table that its conditions, or further expressions, mention; the surest first."""
    seen: dict[Hint, None] = {}
    for condition in (*scope.conditions, *expressions):
        if columns := scope.mentioned(condition, table):
            seen |= dict.fromkeys(_compared(scope, table, condition))
            seen |= dict.fromkeys(
                Hint(column, HintKind.JSON, text) for text in _documents(condition) for column in sorted(columns)
            )
            seen |= dict.fromkeys(
                Hint(column, HintKind.CONSTANT, text) for text in constants(condition) for column in sorted(columns)
            )
    order = list(HintKind)
    return tuple(sorted(seen, key=lambda hint: order.index(hint.kind)))


def constants(node: Any) -> Iterator[str]:
    """The texts of the constants in an expression."""
    for inner in walk(node):
        if inner.DESCRIPTOR.name == "A_Const" and (text := _constant(inner)) is not None and UNKNOWN not in text:
            yield text


def _constant(node: Any) -> str | None:
    match node.WhichOneof("val"):
        case "sval":
            return str(node.sval.sval)
        case "ival":
            return str(node.ival.ival)
        case "fval":
            return str(node.fval.fval)
        case "boolval":
            return str(node.boolval.boolval).lower()
    return None


def _compared(scope: Scope, table: Table, condition: Any) -> Iterator[Hint]:
    """The hints of the comparisons in a condition."""
    for node in walk(condition):
        match node.DESCRIPTOR.name:
            case "A_Expr":
                sides = [(node.lexpr, node.rexpr), (node.rexpr, node.lexpr)]
                for side, other in sides:
                    for column in sorted(scope.mentioned(side, table)):
                        if not scope.mentioned(other, table):
                            yield from _with(scope, table, column, _values(node, other))
            case "SubLink" if node.HasField("testexpr"):
                yield from _in_query(scope, table, node)


def _values(comparison: Any, node: Any) -> Iterator[Any]:
    """The values that one side of a comparison gives: the elements of a list or an array, else the side itself."""
    match node.WhichOneof("node"):
        case "list":
            yield from node.list.items
        case "a_array_expr" if enum(comparison, "kind") in {"AEXPR_OP_ANY", "AEXPR_OP_ALL"}:
            yield from node.a_array_expr.elements
        case str():
            yield node


def _with(scope: Scope, table: Table, column: str, values: Iterable[Any]) -> Iterator[Hint]:
    for value in values:
        if not any(True for _ in column_names(value)) or value.WhichOneof("node") == "sub_link":
            yield Hint(column, HintKind.EXPRESSION, expression_text(value))
        elif others := scope.beside(table):
            select = empty_select()
            select.target_list.add().res_target.val.CopyFrom(value)
            for other in others:
                select.from_clause.add().CopyFrom(other)
            if scope.with_clause is not None:
                select.with_clause.CopyFrom(scope.with_clause)
            yield Hint(column, HintKind.QUERY, as_text(select))
        else:
            used = [other for other in scope.tables if other is not table and scope.mentioned(value, other)]
            for other in used:
                select = empty_select()
                select.target_list.add().res_target.val.CopyFrom(value)
                select.from_clause.add().range_var.CopyFrom(other.node)
                yield Hint(column, HintKind.QUERY, as_text(select))


def _in_query(scope: Scope, table: Table, link: Any) -> Iterator[Hint]:
    """The hints of `column IN (SELECT …)`, also for a row of several columns."""
    row = link.testexpr.row_expr.args if link.testexpr.WhichOneof("node") == "row_expr" else [link.testexpr]
    names = [f"c{number}" for number in range(len(row))]
    rows = f"FROM ({as_text(link.subselect.select_stmt)}) AS {_ALIAS} ({', '.join(names)})"
    for name, side in zip(names, row, strict=True):
        for column in sorted(scope.mentioned(side, table)):
            yield Hint(column, HintKind.QUERY, f"SELECT {_ALIAS}.{name} {rows}")  # the file's own


def _documents(condition: Any) -> Iterator[str]:
    """JSON texts with the keys that a condition reads, and its constants as values."""
    paths = [path for node in walk(condition) if node.DESCRIPTOR.name == "A_Expr" and (path := _path(node))]
    keys = {key for path in paths for key in path}
    leaves: list[Any] = [text for text in constants(condition) if text not in keys]
    texts = tuple(leaves)
    leaves += [int(text) + step for text in texts if text.lstrip("-").isdecimal() for step in (0, 1, -1)]
    leaves += [document for text in texts if (document := _document(text)) is not None]
    for path in dict.fromkeys(paths):
        for leaf in (*leaves, *_LEAVES):
            yield json.dumps(_nested(path, leaf))


def _document(text: str) -> Any:
    """The JSON value that a constant holds; None where it holds none, or a null."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _nested(path: Sequence[str], leaf: Any) -> Any:
    for key in reversed(path):
        leaf = [leaf] if key == "0" else {key: leaf}
    return leaf


def _path(node: Any) -> tuple[str, ...]:
    """The keys of `column -> 'a' ->> 'b'`, of `column #>> '{a,b}'` and of `column ? 'a'`."""
    operator = "".join(strings(node.name)[-1:])
    if operator not in _STEPS | _PATHS | _HAS_KEY:
        return ()
    right = node.rexpr.type_cast.arg if node.rexpr.WhichOneof("node") == "type_cast" else node.rexpr
    text = _constant(right.a_const) if right.WhichOneof("node") == "a_const" else None
    left = node.lexpr.a_expr if node.lexpr.WhichOneof("node") == "a_expr" else None
    before = _path(left) if left is not None else ()
    if operator in _HAS_KEY and text is None:
        texts = tuple(constants(node.rexpr))
        return (*before, texts[0]) if texts else ()
    if text is None:
        return ()
    keys = text.strip("{}").split(",") if operator in _PATHS else [text]
    return (*before, *keys)
