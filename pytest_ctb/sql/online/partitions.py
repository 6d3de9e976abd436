"""The safe way to attach a partition: behind a CHECK that says what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_ctb.model import Source
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.online.deparse import expression_sql
from pytest_ctb.sql.online.steps import Effects, SafeStep
from pytest_ctb.sql.parser import as_sql, literal, relation_as_sql
from pytest_ctb.sql.psql.script import parse
from pytest_ctb.sql.tree import node_name, parse_tree


def partition_key(definition: str) -> tuple[str, ...]:
    """The columns in a `PARTITION BY RANGE (at)`; none where an expression is among them, or it says something else."""
    statements, _ = parse(Source(f"CREATE TABLE t () {definition}"))
    if len(statements) != 1 or node_name(statements[0]) != "CreateStmt":
        return ()
    columns = tuple(node.partition_elem.name for node in parse_tree(statements[0]).partspec.part_params)
    return columns if all(columns) else ()


def attach(table: str, partition: Any, effects: Effects) -> Iterator[SafeStep]:
    """ATTACH PARTITION behind a validated CHECK that says the same, so that it reads no row."""
    condition = _condition(partition.bound, effects.key)
    if not condition:
        return
    child, name = relation_as_sql(partition.name), as_sql(f"{partition.name.relname}_bound")
    drop = f"ALTER TABLE {child} DROP CONSTRAINT IF EXISTS {name};"
    add = f"ALTER TABLE {child} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID;"
    validate = f"ALTER TABLE {child} VALIDATE CONSTRAINT {name};"
    yield SafeStep("says which rows the table holds, and reads none", f"{drop}\n{add}", drop)
    yield SafeStep("checks the rows; reads and writes go on", validate, f"{drop}\n{add}")
    bound = _bound(partition.bound)
    is_one = f"SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = {literal(child)}::regclass"
    yield SafeStep(
        "attaches it, which takes a moment",
        f"DO $$\nBEGIN\n    IF NOT EXISTS ({is_one}) THEN\n"
        f"        ALTER TABLE {table} ATTACH PARTITION {child} {bound};\n    END IF;\nEND $$;\n{drop}",
        f"ALTER TABLE {table} DETACH PARTITION {child};\n{drop}\n{add}\n{validate}",
    )


def _bound(bound: Any) -> str:
    """`FOR VALUES …` or `DEFAULT`, as SQL."""
    result = libpg_query.parse("ALTER TABLE a ATTACH PARTITION b FOR VALUES IN (1)")
    command = result.stmts[0].stmt.alter_table_stmt.cmds[0].alter_table_cmd
    getattr(command, "def").partition_cmd.bound.CopyFrom(bound)
    return libpg_query.deparse(result).removeprefix("ALTER TABLE a ATTACH PARTITION b ")


def _condition(bound: Any, key: tuple[str, ...]) -> str:
    """What the rows of a partition meet, for a key of one column; empty for others, and for DEFAULT."""
    if len(key) != 1 or bound.is_default:
        return ""
    column = as_sql(key[0])
    if bound.strategy == "l":
        values = [expression_sql(value) for value in bound.listdatums]
        return f"{column} IS NOT NULL AND {column} IN ({', '.join(values)})" if "NULL" not in values else ""
    if bound.strategy != "r":
        return ""
    parts = [f"{column} IS NOT NULL"]
    for sign, ends in ((">=", bound.lowerdatums), ("<", bound.upperdatums)):
        end = ends[0]
        if end.WhichOneof("node") != "column_ref":  # MINVALUE and MAXVALUE are read as columns
            parts.append(f"{column} {sign} {expression_sql(end)}")
    return " AND ".join(parts)
