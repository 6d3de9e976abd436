"""The safe way to add a column that needs values, and to give one another type."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql.online.batches import in_batches
from pytest_ctb.sql.online.constraints import add_constraint, not_null
from pytest_ctb.sql.online.deparse import expression_sql, of_new_row, type_sql
from pytest_ctb.sql.online.steps import NOTHING, Effects, SafeStep
from pytest_ctb.sql.parser import as_sql, literal, relation_as_sql
from pytest_ctb.sql.tree import enum, parse_tree


def other_type(relation: Any, command: Any, effects: Effects) -> Iterator[SafeStep]:
    """A new column beside the old, filled by a trigger and in batches, then swapped by name."""
    table, column = relation_as_sql(relation), command.name
    old, new, quoted = as_sql(f"{column}_old"), as_sql(f"{column}_new"), as_sql(column)
    definition = getattr(command, "def").column_def
    type_name = type_sql(definition.type_name)
    using = definition.raw_default if definition.HasField("raw_default") else None
    value = expression_sql(using) if using is not None else f"{quoted}::{type_name}"
    of_row = of_new_row(using) if using is not None else f"NEW.{quoted}::{type_name}"
    made, gone = _trigger(relation, f"{column}_new", of_row)
    yield SafeStep(
        "adds a column of the new type, which a trigger keeps",
        f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {new} {type_name};\n{made}",
        f"{gone}\nALTER TABLE {table} DROP COLUMN IF EXISTS {new};",
    )
    yield SafeStep(
        "fills it in batches, each of which commits",
        in_batches(table, f"{new} = {value}", f"{new} IS DISTINCT FROM {value}", partitioned=effects.partitioned),
        f"{NOTHING}the values go with the column",
        alone=True,
    )
    yield SafeStep(
        "gives it the name of the old one, once constraints and indexes of the old one are made anew on it",
        "DO $$\nBEGIN\n    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute\n"
        f"            WHERE attrelid = {literal(table)}::regclass AND attname = {literal(f'{column}_old')}) THEN\n"
        f"        ALTER TABLE {table} RENAME COLUMN {quoted} TO {old};\n"
        f"        ALTER TABLE {table} RENAME COLUMN {new} TO {quoted};\n    END IF;\nEND $$;\n{gone}",
        f"ALTER TABLE {table} RENAME COLUMN {quoted} TO {new};\n"
        f"ALTER TABLE {table} RENAME COLUMN {old} TO {quoted};\n{made}",
    )


_OF_A_COLUMN = {"CONSTR_CHECK", "CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_FOREIGN"}


def added_column(statement: Statement, definition: Any, effects: Effects) -> Iterator[SafeStep]:
    """A column that makes Postgres write or read every row: added empty, filled in batches, then constrained."""
    relation = parse_tree(statement).relation
    parts = {enum(node.constraint, "contype"): node.constraint for node in definition.constraints}
    table, column, name = relation_as_sql(relation), as_sql(definition.colname), definition.colname
    if "CONSTR_IDENTITY" in parts or (effects.rewritten and not parts.keys() & {"CONSTR_DEFAULT", "CONSTR_GENERATED"}):
        return
    add = f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {type_sql(definition.type_name)};"
    drop = f"ALTER TABLE {table} DROP COLUMN IF EXISTS {column};"
    if "CONSTR_GENERATED" in parts and effects.rewritten:
        yield from _kept_by_trigger(relation, name, parts["CONSTR_GENERATED"].raw_expr, add, effects)
        return
    value = expression_sql(parts["CONSTR_DEFAULT"].raw_expr) if "CONSTR_DEFAULT" in parts else ""
    default = f"\nALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {value};" if value else ""
    yield SafeStep(
        "adds the column, whose default is for new rows alone" if value else "adds the column", add + default, drop
    )
    if value:
        yield SafeStep(
            "fills the old rows in batches, each of which commits",
            in_batches(table, f"{column} = {value}", f"{column} IS NULL", partitioned=effects.partitioned),
            f"{NOTHING}the values go with the column",
            alone=True,
        )
    if "CONSTR_NOTNULL" in parts:
        yield from not_null(table, relation.relname, name, effects.major)
    for kind in _OF_A_COLUMN & parts.keys():
        constraint = deepcopy(parts[kind])
        columns = constraint.fk_attrs if kind == "CONSTR_FOREIGN" else constraint.keys
        if kind != "CONSTR_CHECK":
            columns.add().string.sval = name
        yield from add_constraint(statement, constraint, effects)


def _kept_by_trigger(relation: Any, column: str, expression: Any, add: str, effects: Effects) -> Iterator[SafeStep]:
    """A column that a trigger computes, in place of one that is generated."""
    table, value = relation_as_sql(relation), expression_sql(expression)
    made, gone = _trigger(relation, column, of_new_row(expression))
    yield SafeStep(
        "adds a plain column, which a trigger computes",
        f"{add}\n{made}",
        f"{gone}\nALTER TABLE {table} DROP COLUMN IF EXISTS {as_sql(column)};",
    )
    yield SafeStep(
        "fills the old rows in batches, each of which commits",
        in_batches(
            table,
            f"{as_sql(column)} = {value}",
            f"{as_sql(column)} IS DISTINCT FROM {value}",
            partitioned=effects.partitioned,
        ),
        f"{NOTHING}the values go with the column",
        alone=True,
    )


def _trigger(relation: Any, column: str, value: str) -> tuple[str, str]:
    """The SQL of a trigger that sets a column of each row that is written, and of its end."""
    table, name = relation_as_sql(relation), f"{relation.relname}_{column}"
    function, trigger = as_sql(relation.schemaname, name), as_sql(name)
    made = (
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS\n"
        f"    $$ BEGIN NEW.{as_sql(column)} := {value}; RETURN NEW; END $$;\n"
        f"CREATE OR REPLACE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table}\n"
        f"    FOR EACH ROW EXECUTE FUNCTION {function}();"
    )
    return made, f"DROP TRIGGER IF EXISTS {trigger} ON {table};\nDROP FUNCTION IF EXISTS {function}();"
