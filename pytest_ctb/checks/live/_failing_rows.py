"""Why a file fails on rows: the cause among those of the guideline `replay`, and the names that its SQL needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from pytest_ctb.model import Evidence, Migration, SqlError, Statement
from pytest_ctb.sql import (
    ExpectedCheck,
    ExpectedParent,
    ExpectedType,
    Relation,
    TypeName,
    as_sql,
    constraint,
    expected_rows,
    named,
    new_columns,
)

_INPUT_IS_VALID = 16
"""The major version that brought pg_input_is_valid."""
_RANGES = {
    "int2": (-(2**15), 2**15 - 1),
    "int4": (-(2**31), 2**31 - 1),
    "int8": (-(2**63), 2**63 - 1),
}
_READABLE = {
    **dict.fromkeys(_RANGES, r"^\s*[-+]?\d+\s*$"),
    **dict.fromkeys(("numeric", "float4", "float8"), r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"),
    "uuid": r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
    "date": r"^\d{4}-\d\d-\d\d$",
    "bool": r"^\s*(t|f|true|false|y|n|yes|no|on|off|1|0)\s*$",
}
"""Regular expressions for texts that can be read as a type, for servers that cannot tell themselves."""
_VALUE = 30
"""How many characters of a value are shown."""
_COLUMNS, _TABLES = 4, 3
"""How many columns of a row are shown, and the rows of how many tables that are not named."""
_DUPLICATES = {"23505", "23P01"}
_LIMITS = {"22001", "22003"}


Samples = Mapping[str, Mapping[str, str | None]]
"""By table: a row of it, its values by column."""


class Cause(NamedTuple):
    """Why a file fails on rows."""

    name: str
    """The cause's name in the guideline."""
    instead: str
    """The cause whose SQL helps; empty where none does."""
    names: Mapping[str, str]
    """What fills that SQL."""


def shown_rows(statement: Statement, error: SqlError, samples: Samples) -> list[str]:
    """The rows of the tables that a statement names, in the columns that it names: `company.log: note = 'a wide …'`.

    Only that of the table which the error is about, where the server names it.
    """
    about = ".".join(error.table)
    samples = {about: samples[about]} if about in samples else samples
    return [
        f"{table}: " + ", ".join(f"{column} = {_shown(value)}" for column, value in row.items())
        for table, row in _named_rows(statement, samples)
    ]


def _named_rows(statement: Statement, samples: Samples) -> Iterator[tuple[str, dict[str, str | None]]]:
    """The rows of the tables that a statement names; of all, where it names none of them: it calls a function, say."""
    names = named(statement)
    named_tables = [table for table in samples if table.rpartition(".")[2] in names]
    for table in named_tables or list(samples)[:_TABLES]:
        row = samples[table]
        columns = [column for column in row if column in names] or list(row)
        if columns:
            yield table, {column: row[column] for column in columns[:_COLUMNS]}


def _shown(value: str | None) -> str:
    if value is None:
        return "NULL"
    return f"'{value[:_VALUE]}…'" if len(value) > _VALUE else f"'{value}'"


def cause_of(
    evidence: Evidence,
    migration: Migration,
    statement: Statement,
    error: SqlError,
    samples: Samples | None,
) -> Cause:
    """The cause of an error on rows; `samples`: rows that are unusual, None where ordinary ones prove the error."""
    proven = samples is None
    if error.sqlstate == "23502":
        return _nulls(statement, error)
    if error.sqlstate == "57014" and proven:
        return Cause("slow", "", {})
    cause = _of_values(evidence, migration, statement, error)
    if not proven:
        return cause or Cause("unusual", "unusual", _to_look_at(statement, samples or {}))
    if cause and cause.name == "orphans":
        return cause._replace(name="no-parents", instead="no-parents")
    if cause is None and error.sqlstate in _DUPLICATES:
        return Cause("repeated", "repeated", {})
    return cause._replace(name="rows") if cause else Cause("rows", "", {})


def _to_look_at(statement: Statement, samples: Samples) -> dict[str, str]:
    """The first table that a statement names, and its columns there."""
    for table, row in _named_rows(statement, samples):
        schema, _, name = table.partition(".")
        columns = tuple(row)
        return {"table": as_sql(schema, name), "columns": _list(columns), "column": as_sql(columns[0])}
    return {"table": "…", "columns": "*", "column": "…"}


def _nulls(statement: Statement, error: SqlError) -> Cause:
    for column in new_columns(statement):
        if column.name == error.column:
            names = {"table": _name(column.relation), "column": as_sql(column.name), "type": column.type}
            return Cause("new-column", "new-column", names)
    if statement.tag.startswith(("ALTER", "CREATE")) and error.table:
        return Cause("nulls", "nulls", {"table": as_sql(*error.table), "column": as_sql(error.column)})
    return Cause("null-written", "null-written", {})


def _of_values(evidence: Evidence, migration: Migration, statement: Statement, error: SqlError) -> Cause | None:
    """The cause that lies in what the rows hold, with the names that the statement gives; None where it gives none."""
    by_statement = expected_rows([statement])
    by_file = expected_rows(migration.sent)  # a VALIDATE names a constraint that stands further up
    if error.sqlstate in _DUPLICATES and by_statement.keys:
        key = by_statement.keys[0]
        names = {"table": _name(key.relation), "columns": _list(key.columns)}
        return Cause("duplicates", "duplicates", names)
    if error.sqlstate == "23503" and (parent := _named_in(error, by_statement.parents, by_file.parents)):
        return Cause("orphans", "orphans", _orphans(evidence, parent, error))
    if error.sqlstate == "23514" and (check := _named_in(error, by_statement.checks, by_file.checks)):
        name = as_sql(check.name or f"{check.relation.name}_check")
        names = {"table": _name(check.relation), "condition": check.expression, "constraint": name}
        return Cause("check", "check", names)
    if error.sqlstate.startswith("22"):
        return _not_convertible(evidence, by_statement.types, limits=error.sqlstate in _LIMITS)
    return None


_Constraint = TypeVar("_Constraint", bound="ExpectedParent | ExpectedCheck")


def _named_in(
    error: SqlError, of_statement: Sequence[_Constraint], of_file: Sequence[_Constraint]
) -> _Constraint | None:
    """The constraint that an error names; else the first of the statement."""
    for entry in (*of_statement, *of_file):
        if entry.name and f'"{entry.name}"' in error.message:
            return entry
    return next(iter(of_statement), None)


def _not_convertible(evidence: Evidence, types: Sequence[ExpectedType], *, limits: bool) -> Cause | None:
    """The cause where a value cannot be converted, with a condition for such values of all columns of one table."""
    conditions = {
        (entry.relation, entry.column): condition
        for entry in types
        if entry.relation and (condition := _condition(evidence, entry, limits=limits))
    }
    if not conditions:
        return None
    (relation, _), *_ = conditions
    of_table = {column: condition for (table, column), condition in conditions.items() if table == relation}
    names = {"table": _name(relation), "column": _list(tuple(of_table)), "condition": " OR ".join(of_table.values())}
    cause = "limits" if limits else "texts"
    return Cause(cause, cause, names)


def _condition(evidence: Evidence, entry: ExpectedType, *, limits: bool) -> str:
    """The condition for values of a column that cannot be converted; empty where there is none."""
    column, new_type = as_sql(entry.column), entry.type
    if limits:
        return _over_the_limit(column, new_type)
    if entry.labels:
        labels = ", ".join("'" + label.replace("'", "''") + "'" for label in entry.labels)
        return f"{column}::text NOT IN ({labels})"
    if evidence.server.major >= _INPUT_IS_VALID and not entry.format:
        name = new_type.name if new_type.name in _READABLE else as_sql(*new_type.name.split("."))
        return f"NOT pg_input_is_valid({column}::text, '{name}{'[]' * new_type.array}')"
    return f"{column}::text !~* '{_READABLE.get(new_type.name, '…')}'"


def _over_the_limit(column: str, new_type: TypeName) -> str:
    match new_type.name, new_type.modifiers:
        case "varchar" | "bpchar", (length,):
            return f"length({column}::text) > {length}"
        case "numeric", (precision, *scale):
            return f"abs({column}) >= 1e{precision - sum(scale)}"
        case name, _ if name in _RANGES:
            low, high = _RANGES[name]
            return f"{column}::numeric NOT BETWEEN {low} AND {high}"
    return ""


def _orphans(evidence: Evidence, parent: ExpectedParent, error: SqlError) -> dict[str, str]:
    keys = parent.parent_columns or _primary_key(evidence, parent.parent) or ("…",)
    schema, name = error.table or ("", "…")
    table = parent.relation or Relation(schema, name)
    constraint_name = parent.name or "_".join((table.name, *parent.columns, "fkey"))
    return {
        "table": _name(table),
        "columns": _list(parent.columns),
        "parent": _name(parent.parent),
        "parent_columns": _list(keys),
        "child_keys": ", ".join(f"child.{as_sql(column)}" for column in parent.columns),
        "parent_keys": ", ".join(f"parent.{as_sql(column)}" for column in keys),
        "constraint": as_sql(constraint_name),
    }


def _primary_key(evidence: Evidence, relation: Relation) -> tuple[str, ...]:
    """The columns of a table's primary key, as the final schema has it."""
    for key, part in evidence.schema.objects.items():
        if key.kind != "constraint" or part.of is None or not part.definition.startswith("PRIMARY KEY"):
            continue
        schema, _, name = part.of.name.rpartition(".")
        if name == relation.name and relation.schema in {"", schema}:
            read = constraint(part.definition)
            return read.columns if read else ()
    return ()


def _name(relation: Relation) -> str:
    return as_sql(relation.schema, relation.name)


def _list(columns: tuple[str, ...]) -> str:
    return ", ".join(as_sql(column) for column in columns)
