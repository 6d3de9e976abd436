"""The goals of a statement: which rows must be there for it to write some, and how to search for such rows.

A search reads the relation ROWS, which holds candidates for one table, in the place of that table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import postgast

from pytest_ctb.model import Statement
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.predicates.assignments import Assignments
from pytest_ctb.sql.predicates.hints import Hint, hints
from pytest_ctb.sql.predicates.scopes import (
    Describe,
    Scope,
    Table,
    as_text,
    column_names,
    empty_select,
    expression,
    expression_text,
    scope,
    subqueries,
)
from pytest_ctb.sql.tree import enum, parse_tree, strings, walk

ROWS, NUMBER = "pytest_ctb_rows", "pytest_ctb_number"
"""The relation that holds candidates, and the column that numbers them."""
_VERBS = {"UpdateStmt": "UPDATE", "DeleteStmt": "DELETE", "MergeStmt": "MERGE", "InsertStmt": "INSERT"}
_WRITING = {*_VERBS.values(), "SELECT", "SELECT INTO", "CREATE TABLE AS", "EXPLAIN", "PREPARE"}
_CHANGING = {"CMD_UPDATE", "CMD_DELETE"}
_AND = 1
"""BoolExprType of the grammar: AND_EXPR."""


class Search(NamedTuple):
    """A query for the rows of a table that meet a condition."""

    candidates: str
    """The numbers of the candidates in ROWS that meet it."""
    rows: str
    """The same query of the table itself, without a column."""


class Part(NamedTuple):
    """A condition on one table, as SQL."""

    sql: str
    columns: frozenset[str]
    """The columns of the table that it mentions."""


class Goal(NamedTuple):
    """Rows of a table that must be there for a statement to write some."""

    schema: str
    """Empty where the statement does not name it."""
    table: str
    alias: str
    """The name that the conditions qualify columns with."""
    columns: frozenset[str]
    """The columns that the conditions mention."""
    hints: tuple[Hint, ...]
    searches: tuple[Search, ...]
    """Of an UPDATE, the first also ask that a value changes: once more when it is run once more, or once."""
    parts: tuple[Part, ...]
    """The conditions on this table alone."""
    named: frozenset[str]
    """The columns that the statement names anywhere, of whatever table."""
    repeated: bool
    """The statement reads the table twice, as one that looks for duplicates does."""


class Write(NamedTuple):
    """An UPDATE, DELETE, MERGE or INSERT … SELECT in a statement, with its goals in the order to reach them."""

    verb: str
    schema: str
    table: str
    query: str
    """The number of rows that it is about, as SQL; empty where that cannot be said."""
    goals: tuple[Goal, ...]
    """Those of the other tables that it reads, and last its own; an INSERT has none of its own."""


def row_writes(statement: Statement, describe: Describe) -> Iterator[Write]:
    """The writes in a statement, without those of the statements inside it; of a PREPARE, when it is executed."""
    for node in walk(parse_tree(statement)) if statement.tag in _WRITING and _executes(statement) else ():
        name = node.DESCRIPTOR.name
        if name in _VERBS and (name != "InsertStmt" or _selects(node)):
            yield _write(_VERBS[name], node, describe)


def prepared(statement: Statement) -> str:
    """The name of the statement that a PREPARE prepares or an EXECUTE runs; empty for other statements."""
    return str(parse_tree(statement).name) if statement.tag in {"PREPARE", "EXECUTE"} else ""


def row_reads(statement: Statement, describe: Describe) -> tuple[Goal, ...]:
    """The goals of a query that writes nothing: a loop of PL/pgSQL runs for each of its rows."""
    if statement.tag not in {"SELECT", "SELECT INTO"}:
        return ()
    try:
        return tuple(_of_query(parse_tree(statement), describe))
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        return ()


def _executes(statement: Statement) -> bool:
    """Whether a statement runs what it holds, as an EXPLAIN without ANALYZE does not."""
    options = parse_tree(statement).options if statement.tag == "EXPLAIN" else ()
    return statement.tag != "EXPLAIN" or any(option.def_elem.defname == "analyze" for option in options)


def _selects(insert: Any) -> bool:
    return bool(insert.HasField("select_stmt") and not insert.select_stmt.select_stmt.values_lists)


def _write(verb: str, node: Any, describe: Describe) -> Write:
    relation = node.relation
    if verb == "MERGE" and not any(enum(clause, "command_type") in _CHANGING for clause in _clauses_of(node)):
        verb = "INSERT"
    try:
        goals = _goals_of_write(verb, node, describe)
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        goals = ()  # it cannot be written as SQL again: whether it touches rows is seen all the same
    query = goals[-1].searches[-1].rows.replace("SELECT ", "SELECT count(*) ", 1) if goals else ""
    return Write(verb, relation.schemaname, relation.relname, query, goals)


def _goals_of_write(verb: str, node: Any, describe: Describe) -> tuple[Goal, ...]:
    goals = [goal for query in subqueries(node) for goal in _of_query(query, describe)]
    types, policy = describe(node.relation.schemaname, node.relation.relname)
    policies = [expression(policy)] if policy else []
    for where, targets in _clauses(verb, node):
        of_write = scope([_own_item(node), *_others(verb, node)], [*where, *policies], describe, node)
        goals += _of_scope(of_write, node, Assignments(targets, node.relation, where, types))
    return tuple(goals)


def _clauses(verb: str, node: Any) -> list[tuple[list[Any], list[Any]]]:
    """The conditions and the assignments (ResTargets) of each way in which a statement changes or deletes rows."""
    match verb:
        case "DELETE":
            return [(_given(node, "where_clause"), [])]
        case "UPDATE":
            return [(_given(node, "where_clause"), [target.res_target for target in node.target_list])]
        case "MERGE":
            return [
                (
                    [node.join_condition, *_given(clause, "condition")],
                    [target.res_target for target in clause.target_list],
                )
                for clause in _clauses_of(node)
                if enum(clause, "match_kind") == "MERGE_WHEN_MATCHED" and enum(clause, "command_type") in _CHANGING
            ]
    return []


def _clauses_of(merge: Any) -> list[Any]:
    return [clause.merge_when_clause for clause in merge.merge_when_clauses]


def _others(verb: str, node: Any) -> list[Any]:
    """The items of USING or FROM."""
    match verb:
        case "DELETE":
            return list(node.using_clause)
        case "UPDATE":
            return list(node.from_clause)
    return [node.source_relation]


def _given(node: Any, field: str) -> list[Any]:
    return [getattr(node, field)] if node.HasField(field) else []


def _own_item(node: Any) -> Any:
    """The table that a statement writes, as an item of FROM."""
    item = empty_select().from_clause.add()
    item.range_var.CopyFrom(node.relation)
    return item


def _of_query(query: Any, describe: Describe) -> Iterator[Goal]:
    """The goals of all tables of a query, those of the queries inside it first."""
    for inner in subqueries(query):
        yield from _of_query(inner, describe)
    yield from _of_scope(scope(query.from_clause, _given(query, "where_clause"), describe, query), query)


def _of_scope(of_query: Scope, node: Any, assignments: Assignments | None = None) -> Iterator[Goal]:
    """The goals of the tables of a scope: each beside those before it, then beside all others; its first table last."""
    tables = of_query.tables
    if not tables:
        return
    orders = [tables[:0:-1], tables[1:]] if len(tables) > 2 else [tables[1:]]
    for others in orders:
        ready: list[Table] = []
        for table in others:
            ready.append(table)
            conditions = [part for part in of_query.conditions if of_query.local(part, ready)]
            items = [other.node for other in ready]
            yield _goal(of_query, table, [_search(items, conditions, table, node)], node)
    for table in tables[1:]:
        yield _goal(of_query, table, [_search(of_query.from_clause, of_query.conditions, table, node)], node)
    own = tables[0]
    searches = [_search(of_query.from_clause, of_query.conditions, own, node)]
    if assignments is not None:
        changed, again = assignments.changed(), assignments.changed_again()
        extras = [f"{changed} AND {again}" if again else "", changed]
        searches[:0] = [
            _search(of_query.from_clause, of_query.conditions, own, node, extra) for extra in extras if extra
        ]
    yield _goal(of_query, own, searches, node, assignments)


def _goal(
    of_query: Scope,
    table: Table,
    searches: Iterable[Search],
    node: Any,
    assignments: Assignments | None = None,
) -> Goal:
    expressions = assignments.expressions if assignments else ()
    assigned = assignments.columns if assignments else frozenset()
    mentioned = {
        name for part in (*of_query.conditions, *expressions) for name in of_query.mentioned(part, table)
    } | assigned
    own = [part for part in of_query.conditions if of_query.local(part, [table])]
    relations = [inner for inner in walk(node) if inner.DESCRIPTOR.name == "RangeVar"]
    return Goal(
        table.node.schemaname,
        table.node.relname,
        table.alias,
        frozenset(mentioned & set(table.columns)),
        hints(of_query, table, expressions),
        tuple(searches),
        tuple(Part(expression_text(part), of_query.mentioned(part, table)) for part in own),
        frozenset(parts[-1] for parts in column_names(node)) & frozenset(table.columns),
        sum(_same(relation, table.node) for relation in relations) > 1,
    )


def _same(relation: Any, other: Any) -> bool:
    return bool(relation.relname == other.relname and relation.schemaname == other.schemaname)


def _search(items: Iterable[Any], conditions: Iterable[Any], table: Table, node: Any, extra: str = "") -> Search:
    """The query of FROM items and conditions, with ROWS in the place of a table; `extra`: one more condition."""
    # With a second part an OR among the conditions is written in parentheses, so that text can be added.
    texts, parts = [], [*conditions, *([_true()] if extra else [])]
    for replaces in (True, False):
        select = empty_select()
        if node.HasField("with_clause") and not _writes_inside(node.with_clause):
            select.with_clause.CopyFrom(node.with_clause)
        for item in items:
            added = select.from_clause.add()
            if item.DESCRIPTOR.name == "RangeVar":
                added.range_var.CopyFrom(item)
            else:
                added.CopyFrom(item)
        if parts:
            select.where_clause.CopyFrom(_all_of(parts))
        if replaces:
            _replace(select, table)
            column = select.target_list.add().res_target.val.column_ref
            for name in (table.alias, NUMBER):
                column.fields.add().string.sval = name
        text = as_text(select)
        if extra:
            text += f" AND ({extra})"
        texts.append(text)
    return Search(*texts)


def _all_of(parts: Sequence[Any]) -> Any:
    """The conditions, joined by AND."""
    if len(parts) == 1:
        return parts[0]
    select = empty_select()
    select.where_clause.bool_expr.boolop = _AND
    for part in parts:
        select.where_clause.bool_expr.args.add().CopyFrom(part)
    return select.where_clause


def _true() -> Any:
    value = empty_select().target_list.add().res_target.val
    value.a_const.boolval.boolval = True
    return value


def _writes_inside(node: Any) -> bool:
    return any(inner.DESCRIPTOR.name in _VERBS for inner in walk(node))


def _replace(select: Any, table: Table) -> None:
    """Read ROWS where a query reads the table, under the name that its columns are qualified with."""
    for node in walk(select):
        if node.DESCRIPTOR.name == "ColumnRef":
            parts = strings(node.fields)
            if len(parts) > 2 and parts[-2] == table.alias:
                del node.fields[: len(node.fields) - 2]
    for item in _relations(select.from_clause):
        if item == table.node:
            alias = table.alias
            item.schemaname, item.relname, item.inh = "", ROWS, True
            item.alias.aliasname = alias
            return


def _relations(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        match item.WhichOneof("node"):
            case "range_var":
                yield item.range_var
            case "join_expr":
                yield from _relations([item.join_expr.larg, item.join_expr.rarg])
