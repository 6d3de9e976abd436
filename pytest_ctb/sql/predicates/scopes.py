"""The scopes of a statement: each query in it with its relations and the conditions on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.tree import enum, node_of, strings, walk


class Described(NamedTuple):
    """What is known of a relation; nothing where there is none."""

    columns: Mapping[str, str] = {}
    """With their types, as SQL."""
    policy: str = ""
    """The condition, as SQL, on the rows that its row security shows; empty without one."""


Describe = Callable[[str, str], Described]
"""Describes the relation of a schema (may be empty) and a name."""


class Table(NamedTuple):
    """A table in a FROM clause, or the table that a statement writes."""

    node: Any
    """Its RangeVar."""
    columns: Collection[str]

    @property
    def alias(self) -> str:
        """The name that columns are qualified with."""
        return str(self.node.alias.aliasname or self.node.relname)


class Scope(NamedTuple):
    """The relations of one query, and the conditions that its rows must meet."""

    tables: tuple[Table, ...]
    from_clause: tuple[Any, ...]
    """The nodes of the FROM clause, as they stand."""
    conditions: tuple[Any, ...]
    """The parts that AND joins, of WHERE and of the joins."""
    with_clause: Any = None
    """The WITH of the query, if it has one."""

    def beside(self, table: Table) -> list[Any]:
        """The items of the FROM clause but the table; none where it is part of a join."""
        others = [node for node in self.from_clause if node.range_var != table.node]
        return others if len(others) < len(self.from_clause) else []

    def mentioned(self, node: Any, table: Table) -> frozenset[str]:
        """The columns of a table that an expression mentions, as far as names tell."""
        return frozenset(parts[-1] for parts in column_names(node) if self._is_of(parts, table))

    def local(self, node: Any, tables: Collection[Table]) -> bool:
        """Whether an expression needs no relation of this scope but these."""
        others = [table for table in self.tables if table not in tables]
        return not any(self._is_of(parts, table) for parts in column_names(node) for table in others)

    def _is_of(self, parts: tuple[str, ...], table: Table) -> bool:
        if parts[-1] not in table.columns:
            return False
        if len(parts) > 1:
            return parts[-2] == table.alias
        return not any(parts[-1] in other.columns for other in self.tables if other is not table)


def scope(from_clause: Iterable[Any], where: Iterable[Any], describe: Describe, query: Any) -> Scope:
    """The scope of a FROM clause and its conditions; relations without known columns are no tables of it."""
    nodes = tuple(from_clause)
    tables: list[Table] = []
    conditions = [part for condition in where for part in conjuncts(condition)]
    for range_var, quals in _from_items(nodes):
        if range_var is not None:
            tables.append(Table(range_var, describe(range_var.schemaname, range_var.relname).columns))
        else:
            conditions += conjuncts(quals)
    with_clause = query.with_clause if query.HasField("with_clause") else None
    return Scope(tuple(table for table in tables if table.columns), nodes, tuple(conditions), with_clause)


def _from_items(nodes: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Each RangeVar of a FROM clause, and each condition of a join."""
    for node in nodes:
        match node.WhichOneof("node"):
            case "range_var":
                yield node.range_var, None
            case "join_expr":
                yield from _from_items([node.join_expr.larg, node.join_expr.rarg])
                if node.join_expr.HasField("quals"):
                    yield None, node.join_expr.quals


def conjuncts(node: Any) -> Iterator[Any]:
    """The parts of a condition that AND joins; a WHERE CURRENT OF is none."""
    if node.WhichOneof("node") == "bool_expr" and enum(node.bool_expr, "boolop") == "AND_EXPR":
        for part in node.bool_expr.args:
            yield from conjuncts(part)
    elif node.WhichOneof("node") not in {None, "current_of_expr"}:
        yield node


def column_names(node: Any) -> Iterator[tuple[str, ...]]:
    """The names of the columns in an expression, as they are qualified."""
    for inner in walk(node):
        if inner.DESCRIPTOR.name == "ColumnRef" and (parts := strings(inner.fields)):
            yield tuple(parts)


def subqueries(node: Any) -> Iterator[Any]:
    """The outermost SelectStmts under a node, without itself."""
    for child in _children(node):
        if child.DESCRIPTOR.name == "SelectStmt":
            yield child
        else:
            yield from subqueries(child)


def _children(node: Any) -> Iterator[Any]:
    for descriptor, value in node.ListFields():
        if descriptor.message_type is None:
            continue
        yield from [value] if hasattr(value, "DESCRIPTOR") else value


def empty_select() -> Any:
    """A SelectStmt without anything: `SELECT`."""
    return node_of(libpg_query.parse("SELECT").stmts[0])


def as_text(select: Any) -> str:
    """A SelectStmt as SQL."""
    result = libpg_query.parse("SELECT")
    result.stmts[0].stmt.select_stmt.CopyFrom(select)
    return libpg_query.deparse(result)


def expression(text: str) -> Any:
    """The node of an expression."""
    return node_of(libpg_query.parse(f"SELECT {text}").stmts[0]).target_list[0].res_target.val


def expression_text(node: Any) -> str:
    """An expression as SQL."""
    select = empty_select()
    select.target_list.add().res_target.val.CopyFrom(node)
    return as_text(select).removeprefix("SELECT ")
