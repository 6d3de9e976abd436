"""How many rows a statement can meet at most, where its text says so: by a key, or by a LIMIT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pytest_ctb.model import Statement
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings, walk

_QUERIES = {"SelectStmt", "UpdateStmt", "DeleteStmt"}


class Bound(NamedTuple):
    """One table in a query, and what its WHERE holds fixed."""

    schema: str
    """Empty where the text names none."""
    name: str
    equal: Mapping[str, int]
    """Columns that must equal a value that is known before the query runs; of an IN, the number of values."""
    limit: int | None = None
    """An UPDATE or DELETE of rows that a subquery with LIMIT chooses: so many at most."""

    def names(self, table: str) -> bool:
        """Whether it is a table, by its name with the schema; where the text names no schema, any will do."""
        return table == f"{self.schema}.{self.name}" or (not self.schema and table.rpartition(".")[2] == self.name)


class Target(NamedTuple):
    """The table that an UPDATE, a DELETE or a MERGE writes to."""

    schema: str
    name: str
    does: str
    """`updates`, `deletes` or `merges`."""

    def names(self, table: str) -> bool:
        """Whether it is a table, by its name with the schema."""
        return table == f"{self.schema}.{self.name}" or (not self.schema and table.rpartition(".")[2] == self.name)


def write_target(statement: Statement) -> Target | None:
    """The table that a statement updates, deletes from or merges into; None for others, and for WHERE false."""
    does = {"UpdateStmt": "updates", "DeleteStmt": "deletes", "MergeStmt": "merges"}.get(node_name(statement))
    if does is None:
        return None
    tree = parse_tree(statement)
    condition = tree.join_condition if does == "merges" else tree.where_clause
    never = condition.WhichOneof("node") == "a_const" and not condition.a_const.boolval.boolval
    return None if never else Target(tree.relation.schemaname, tree.relation.relname, does)


def bounds(statement: Statement) -> tuple[Bound, ...]:
    """The tables of each SELECT, UPDATE and DELETE in a statement, without those of statements inside its body."""
    if not statement.tag:
        return ()
    return tuple(
        bound for node in walk(parse_tree(statement)) if node.DESCRIPTOR.name in _QUERIES for bound in _bounds(node)
    )


def is_batch(statement: Statement) -> bool:
    """Whether a statement changes rows that a query with LIMIT chooses: one batch of many, each in a transaction."""
    changes = node_name(statement) in {"UpdateStmt", "DeleteStmt", "InsertStmt", "MergeStmt"}
    return changes and any(
        node.DESCRIPTOR.name == "SelectStmt" and node.limit_count.WhichOneof("node")
        for node in walk(parse_tree(statement))
    )


def _bounds(query: Any) -> Iterator[Bound]:
    kind = query.DESCRIPTOR.name
    targets = [item.range_var for item in query.from_clause] if kind == "SelectStmt" else [query.relation]
    if kind == "SelectStmt" and any(item.WhichOneof("node") != "range_var" for item in query.from_clause):
        targets = []
    lists = dict(_value_lists(query))
    conjuncts = list(_conjuncts(query.where_clause))
    limit = min((count for node in conjuncts if (count := _limit(node)) is not None), default=None)
    for target in targets:
        aliases = {target.alias.aliasname or target.relname, ""}
        equal: dict[str, int] = {}
        for node in conjuncts:
            for column, count in _fixed(node, aliases if len(targets) == 1 else aliases - {""}, lists):
                equal[column] = min(count, equal.get(column, count))
        yield Bound(target.schemaname, target.relname, equal, limit)


def _conjuncts(node: Any) -> Iterator[Any]:
    if node.WhichOneof("node") == "bool_expr" and enum(node.bool_expr, "boolop") == "AND_EXPR":
        for operand in node.bool_expr.args:
            yield from _conjuncts(operand)
    elif node.WhichOneof("node"):
        yield node


def _value_lists(query: Any) -> Iterator[tuple[str, int]]:
    """The aliases of the VALUES lists that an UPDATE or DELETE joins, each with its number of rows."""
    joined = query.from_clause if query.DESCRIPTOR.name == "UpdateStmt" else ()
    joined = query.using_clause if query.DESCRIPTOR.name == "DeleteStmt" else joined
    for item in joined:
        rows = item.range_subselect.subquery.select_stmt.values_lists
        if item.WhichOneof("node") == "range_subselect" and rows:
            yield item.range_subselect.alias.aliasname, len(rows)


def _fixed(node: Any, aliases: set[str], lists: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The column that a condition holds fixed, and to how many values."""
    if node.WhichOneof("node") != "a_expr":
        return
    expression = node.a_expr
    left, right, kind = expression.lexpr, expression.rexpr, enum(expression, "kind")
    if kind == "AEXPR_BETWEEN":
        ends = [_integer(item) for item in right.list.items]
        if (column := _column(left, aliases)) and None not in ends:
            first, last = (int(end or 0) for end in ends)
            yield column, max(0, last - first + 1)
        return
    if strings(expression.name) != ["="] or kind not in {"AEXPR_OP", "AEXPR_IN", "AEXPR_OP_ANY"}:
        return
    for named, value in [(left, right), (right, left)] if kind == "AEXPR_OP" else [(left, right)]:
        column = _column(named, aliases)
        values = value.a_array_expr.elements if kind == "AEXPR_OP_ANY" else value.list.items
        of_list = strings(value.column_ref.fields)[:1] if kind == "AEXPR_OP" else []
        if column and of_list and of_list[0] in lists:
            yield column, lists[of_list[0]]
        elif column and _is_known(value) and (kind == "AEXPR_OP" or values):
            yield column, 1 if kind == "AEXPR_OP" else len(values)


def _column(node: Any, aliases: set[str]) -> str:
    if node.WhichOneof("node") != "column_ref":
        return ""
    parts = strings(node.column_ref.fields)
    table = parts[-2] if len(parts) > 1 else ""
    return parts[-1] if parts and table in aliases else ""


def _is_known(node: Any) -> bool:
    """Whether the value of an expression is known before a row is read: it names no column and reads no table."""
    if node.WhichOneof("node") == "sub_link" and enum(node.sub_link, "sub_link_type") == "EXPR_SUBLINK":
        return True  # one value, for it must return one row
    return not any(part.DESCRIPTOR.name in {"ColumnRef", "SubLink"} for part in walk(node))


def _limit(node: Any) -> int | None:
    """Of `key IN (SELECT … LIMIT 1000)`, `= ANY (ARRAY(SELECT …))` and the like the 1000."""
    if node.WhichOneof("node") not in {"sub_link", "a_expr"}:
        return None
    for part in walk(node):
        if part.DESCRIPTOR.name == "SubLink" and part.subselect.WhichOneof("node") == "select_stmt":
            return _integer(part.subselect.select_stmt.limit_count)
    return None


def _integer(node: Any) -> int | None:
    if node.WhichOneof("node") != "a_const" or node.a_const.WhichOneof("val") != "ival":
        return None
    return int(node.a_const.ival.ival)
