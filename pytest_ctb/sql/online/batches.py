"""An UPDATE or a DELETE of a whole table as a loop of small transactions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql.online.deparse import expression_sql
from pytest_ctb.sql.parser import as_sql, relation_as_sql
from pytest_ctb.sql.tree import node_name, parse_tree, strings, walk

_BATCH = 1000
_IMMUTABLE = {"btrim", "concat", "left", "length", "lower", "ltrim", "md5", "replace", "right", "rtrim", "upper"}
"""Functions whose result depends on their arguments alone."""


def in_batches(table: str, assignment: str, condition: str, *, partitioned: bool = False) -> str:
    """A DO block that updates the rows that meet a condition; `assignment` must make them meet it no more."""
    return _loop(f"UPDATE {table} SET {assignment}", table, condition, partitioned=partitioned)  # noqa: S608  # to paste


def deleted_in_batches(table: str, condition: str, *, partitioned: bool = False) -> str:
    """A DO block that deletes the rows that meet a condition."""
    return _loop(f"DELETE FROM {table}", table, condition, partitioned=partitioned)  # noqa: S608  # to paste


def _loop(command: str, table: str, condition: str, *, partitioned: bool) -> str:
    # A row is found by its place; the partitions of a table count their places each from the start.
    rows = "ctid = ANY (ARRAY(SELECT ctid"
    place, end = (rows, "))") if not partitioned else ("(tableoid, ctid) IN (SELECT tableoid, ctid", ")")
    return (
        f"DO $$\nBEGIN\n    LOOP\n        {command}\n        WHERE {place} FROM {table}\n"
        f"            WHERE {condition} LIMIT {_BATCH}{end};\n"
        "        EXIT WHEN NOT FOUND;\n        COMMIT;\n    END LOOP;\nEND $$;"
    )


def batched(statement: Statement, *, partitioned: bool = False) -> str:
    """The UPDATE or DELETE of a statement as such a loop; empty where the text does not show when it is done."""
    tree, kind = parse_tree(statement), node_name(statement)
    if kind not in {"UpdateStmt", "DeleteStmt"} or tree.HasField("returning_clause") or tree.HasField("with_clause"):
        return ""
    if (tree.from_clause if kind == "UpdateStmt" else tree.using_clause) or tree.relation.HasField("alias"):
        return ""
    table = relation_as_sql(tree.relation)
    where = expression_sql(tree.where_clause) if tree.HasField("where_clause") else ""
    if kind == "DeleteStmt":
        return deleted_in_batches(table, where or "true", partitioned=partitioned)
    targets = [node.res_target for node in tree.target_list]
    names = {target.name for target in targets}
    if any(target.indirection or not _is_stable(target.val, names) for target in targets):
        return ""
    values = [(as_sql(target.name), expression_sql(target.val)) for target in targets]
    assignment = ", ".join(f"{name} = {value}" for name, value in values)
    differs = " OR ".join(f"{name} IS DISTINCT FROM {value}" for name, value in values)
    if where:
        differs = f"({where}) AND ({differs})" if len(values) > 1 else f"({where}) AND {differs}"
    return in_batches(table, assignment, differs, partitioned=partitioned)


def _is_stable(value: Any, assigned: Collection[str]) -> bool:
    """Whether a value stays the same when it is computed again, for a row that has it already."""
    for node in walk(value):
        kind = node.DESCRIPTOR.name
        if kind in {"SubLink", "SetToDefault", "MultiAssignRef", "ParamRef"}:
            return False
        if kind == "FuncCall" and strings(node.funcname)[-1] not in _IMMUTABLE:
            return False
        if kind == "ColumnRef" and strings(node.fields)[-1:] and strings(node.fields)[-1] in assigned:
            return False
    return True
