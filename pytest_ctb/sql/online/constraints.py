"""The safe way to add a constraint: NOT VALID first, or by an index that is there."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.online.deparse import statement_sql
from pytest_ctb.sql.online.steps import Effects, SafeStep
from pytest_ctb.sql.parser import as_sql, literal, relation_as_sql
from pytest_ctb.sql.tree import enum, parse_tree, strings, walk

_CONSTRAINT_SUFFIX = {"CONSTR_CHECK": "check", "CONSTR_FOREIGN": "fkey", "CONSTR_UNIQUE": "key"}


def not_null(table: str, bare: str, column: str, major: int) -> Iterator[SafeStep]:
    """SET NOT NULL without reading the rows under a lock that blocks."""
    name, quoted = as_sql(f"{bare}_{column}_not_null"), as_sql(column)
    newest = major >= 18
    condition = f"NOT NULL {quoted}" if newest else f"CHECK ({quoted} IS NOT NULL)"
    add = f"ALTER TABLE {table} ADD CONSTRAINT {name} {condition} NOT VALID;"
    drop = f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};"
    yield SafeStep("demands it of new rows, and reads no old one", f"{drop}\n{add}", drop)
    validate = f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};"
    if newest:
        yield SafeStep("checks the old rows; reads and writes go on", validate, f"{drop}\n{add}")
        return
    yield SafeStep(
        "checks the old rows; reads and writes go on. SET NOT NULL then reads none",
        f"{validate}\nALTER TABLE {table} ALTER COLUMN {quoted} SET NOT NULL;",
        f"ALTER TABLE {table} ALTER COLUMN {quoted} DROP NOT NULL;\n{drop}\n{add}",
    )
    yield SafeStep("drops the CHECK, which is needed no more", drop, f"{drop}\n{add}\n{validate}")


def add_constraint(statement: Statement, constraint: Any, effects: Effects) -> Iterator[SafeStep]:
    """ADD CONSTRAINT of an ALTER TABLE without work under a lock that blocks; none where it is brief already."""
    tree = parse_tree(statement)
    kind, table = enum(constraint, "contype"), relation_as_sql(tree.relation)
    drop = "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {};"
    if kind in {"CONSTR_CHECK", "CONSTR_FOREIGN"} and not constraint.skip_validation:
        made = deepcopy(constraint)
        made.conname = constraint.conname or _generated(tree.relation.relname, constraint)
        made.skip_validation, made.initially_valid = True, False
        name = as_sql(made.conname)
        undo = drop.format(table, name)
        add = f"{_altered(tree, made)};"
        yield SafeStep("adds it for new rows, and reads no old one", f"{undo}\n{add}", undo)
        yield SafeStep(
            "checks the old rows; reads and writes go on",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
            f"{undo}\n{add}",
        )
    elif kind == "CONSTR_PRIMARY" and constraint.indexname:
        for column in effects.not_null:
            yield from not_null(table, tree.relation.relname, column, effects.major)
        if effects.not_null:
            yield SafeStep("makes the index the key's, which takes a moment", f"{_altered(tree, constraint)};")
    elif kind in {"CONSTR_UNIQUE", "CONSTR_PRIMARY"} and not constraint.indexname and not effects.partitioned:
        bare = tree.relation.relname
        primary = kind == "CONSTR_PRIMARY"
        written = constraint.conname or (f"{bare}_pkey" if primary else _generated(bare, constraint))
        name, words = as_sql(written), "PRIMARY KEY" if primary else "UNIQUE"
        columns = ", ".join(map(as_sql, strings(constraint.keys)))
        include = ", ".join(map(as_sql, strings(constraint.including)))
        on = f"ON {table} ({columns}){f' INCLUDE ({include})' if include else ''}"
        on += " NULLS NOT DISTINCT" if constraint.nulls_not_distinct else ""
        for column in effects.not_null if primary else ():
            yield from not_null(table, bare, column, effects.major)
        # An invalid one is there where an earlier try was cut off.
        drop_index = f"DROP INDEX CONCURRENTLY IF EXISTS {as_sql(tree.relation.schemaname, written)};"
        yield SafeStep(
            "builds the index; reads and writes go on",
            f"{drop_index}\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} {on};",
            drop_index,
            alone=True,
        )
        of_table = f"conrelid = {literal(table)}::regclass"
        has = f"SELECT FROM pg_catalog.pg_constraint WHERE {of_table} AND conname = {literal(written)}"
        yield SafeStep(
            "makes it the constraint's, which takes a moment",
            f"DO $$\nBEGIN\n    IF NOT EXISTS ({has}) THEN\n"
            f"        ALTER TABLE {table} ADD CONSTRAINT {name} {words} USING INDEX {name};\n    END IF;\nEND $$;",
            f"{drop.format(table, name)}\nCREATE UNIQUE INDEX IF NOT EXISTS {name} {on};",
        )


def _generated(table: str, constraint: Any) -> str:
    """The name that Postgres gives a constraint without one."""
    columns = strings(constraint.fk_attrs) or strings(constraint.keys)
    if not columns and constraint.HasField("raw_expr"):
        used = [strings(node.fields)[-1] for node in walk(constraint.raw_expr) if node.DESCRIPTOR.name == "ColumnRef"]
        columns = list(dict.fromkeys(used)) if len(set(used)) == 1 else []
    return "_".join([table, *columns, _CONSTRAINT_SUFFIX[enum(constraint, "contype")]])


def _altered(tree: Any, constraint: Any) -> str:
    """The ALTER TABLE with this constraint as its only command."""
    made = deepcopy(tree)
    command = libpg_query.parse("ALTER TABLE t ADD CHECK (true)").stmts[0].stmt.alter_table_stmt.cmds[0]
    getattr(command.alter_table_cmd, "def").constraint.CopyFrom(constraint)
    del made.cmds[:]
    made.cmds.append(command)
    return statement_sql(made)
