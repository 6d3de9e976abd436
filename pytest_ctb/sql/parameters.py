"""What a statement of downstream code does with its parameters: which columns they are for, and what else it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Flag, auto
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_ctb.model import Consumer, Source, Statement
from pytest_ctb.sql.objects import Relation, relation_of
from pytest_ctb.sql.parser import relation_as_sql
from pytest_ctb.sql.psql.script import parse
from pytest_ctb.sql.tree import enum, parse_tree, walk

_RUN = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"}


class Origin(Flag):
    """Where the values that a statement writes to a column come from."""

    STATEMENT = auto()
    """From the statement itself: a constant, or the column's default."""
    PARAMETER = auto()
    ROWS = auto()
    """From rows that were there."""


class ColumnUse(NamedTuple):
    """A column that a parameter is written to or compared with."""

    relation: str
    """As SQL writes it; empty where it may be a column of any relation of the statement."""
    column: str
    number: int = 0
    """The place of the column in the table, counted from 1, where an INSERT does not name it."""
    inserted: bool = False


class SentStatement(NamedTuple):
    """A statement of downstream code, as far as its text tells."""

    runs: bool = False
    """It reads or writes rows, and does nothing else that its text shows."""
    tag: str = ""
    relations: tuple[str, ...] = ()
    """The relations that it names, as SQL writes them."""
    parameters: Mapping[int, ColumnUse] = {}
    """By the number of the parameter."""
    target: Relation | None = None
    """The relation whose rows an INSERT or UPDATE writes."""
    written: Mapping[str, Origin] = {}
    """By column of the target."""
    placed: tuple[Origin, ...] = ()
    """The same for the first columns of the target, where an INSERT names none."""
    unwritten: Origin = Origin.ROWS
    """The same for all other columns of the target."""

    def origin(self, column: str, place: int) -> Origin:
        """Where the values of a column of the target come from; `place` is its place in the table, counted from 1."""
        if place <= len(self.placed):
            return self.placed[place - 1]
        return self.written.get(column, self.unwritten)


@lru_cache(maxsize=1024)
def sent_statement(consumer: Consumer) -> SentStatement:
    """What the text of a consumer's statement tells; nothing where it is no statement on rows, or cannot be read."""
    statements, _ = parse(Source(consumer.sql))
    if len(statements) != 1 or statements[0].tag not in _RUN:
        return SentStatement()
    return _read(statements[0])


def _read(statement: Statement) -> SentStatement:
    tree = parse_tree(statement)
    nodes = list(walk(tree))
    common = {node.ctename for node in nodes if node.DESCRIPTOR.name == "CommonTableExpr"}
    ranges = [
        node for node in nodes if node.DESCRIPTOR.name == "RangeVar" and (node.schemaname or node.relname not in common)
    ]
    aliases = {node.alias.aliasname or node.relname: relation_as_sql(node) for node in ranges}
    target = relation_of(tree.relation) if statement.tag in {"INSERT", "UPDATE"} else None
    inserts = statement.tag == "INSERT"
    origins: dict[tuple[str, int], Origin] = {}
    parameters: dict[int, ColumnUse] = {}
    for column, place, value in _written(statement.tag, tree) if target else ():
        origins[column, place] = origins.get((column, place), Origin(0)) | _origin(value)
        name = relation_as_sql(tree.relation)
        for parameter in _parameters([value]):
            parameters.setdefault(parameter, ColumnUse(name, column, place, inserts))
    for parameter, use in _compared(nodes, aliases):
        parameters.setdefault(parameter, use)
    return SentStatement(
        runs=not any(node.DESCRIPTOR.name == "IntoClause" for node in nodes),
        tag=statement.tag,
        relations=tuple(dict.fromkeys(aliases.values())),
        parameters=parameters,
        target=target,
        written={column: origin for (column, _), origin in origins.items() if column},
        placed=tuple(origin for (column, _), origin in origins.items() if not column),
        unwritten=Origin.STATEMENT if inserts else Origin.ROWS,
    )


def _written(tag: str, tree: Any) -> Iterator[tuple[str, int, Any]]:
    """Name, place (where it has no name) and value of each column that an INSERT or UPDATE writes."""
    if tag == "UPDATE":
        yield from _set(tree.target_list)
        return
    select = tree.select_stmt.select_stmt
    names = [target.res_target.name for target in tree.cols]
    rows = [row.list.items for row in select.values_lists] or [[target.res_target.val for target in select.target_list]]
    for row in rows:
        for place, value in enumerate(row):
            named = names[place] if place < len(names) else ""
            yield named, 0 if named else place + 1, value
    if tree.HasField("on_conflict_clause"):
        yield from _set(tree.on_conflict_clause.target_list)


def _set(targets: Iterable[Any]) -> Iterator[tuple[str, int, Any]]:
    for target in targets:
        value = target.res_target.val
        if value.WhichOneof("node") == "multi_assign_ref":  # SET (a, b) = (…, …)
            several = value.multi_assign_ref
            if several.source.WhichOneof("node") == "row_expr":
                value = several.source.row_expr.args[several.colno - 1]
        yield target.res_target.name, 0, value


def _origin(value: Any) -> Origin:
    names = {node.DESCRIPTOR.name for node in walk(value)}
    origin = Origin(0)
    if "ParamRef" in names:
        origin |= Origin.PARAMETER
    if names & {"ColumnRef", "SubLink"}:
        origin |= Origin.ROWS
    return origin or Origin.STATEMENT


def _parameters(values: Iterable[Any]) -> Iterator[int]:
    for value in values:
        yield from (node.number for node in walk(value) if node.DESCRIPTOR.name == "ParamRef")


def _compared(nodes: Iterable[Any], aliases: Mapping[str, str]) -> Iterator[tuple[int, ColumnUse]]:
    """The parameters that stand beside a column: `id = $1`, `$1 < a.b`, `id = ANY ($1)`, `lower(name) LIKE $1`."""
    for node in nodes:
        if node.DESCRIPTOR.name != "A_Expr":
            continue
        for one_side, other_side in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            columns = [inner for inner in walk(one_side) if inner.DESCRIPTOR.name == "ColumnRef"]
            if len(columns) != 1:
                continue
            names = [field.string.sval for field in columns[0].fields if field.WhichOneof("node") == "string"]
            if not names or enum(node, "kind") == "AEXPR_NULLIF":
                continue
            relation = aliases.get(names[-2], "") if len(names) > 1 else ""
            for parameter in _parameters([other_side]):
                yield parameter, ColumnUse(relation, names[-1])
