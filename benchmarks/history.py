"""A long history of migrations that hold to every guideline, always the same: what the benchmark replays.

    python benchmarks/history.py FOLDER COUNT [MEGABYTES]

Of twenty files eight create a table, five add a column, three an index, two a function and two a view. Table number k
gets one column, one index, at most two foreign keys from others, two views and one function, however long the history
is: so a file costs as much at its end as at its beginning, unless whoever replays it makes it dearer. With MEGABYTES
five more files follow, which fill a table of their own with so many megabytes of rows in all, in COPY blocks.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

SCHEMAS = ("company", "people", "marketing", "bit", "ple")
KINDS = "TTCTIFTCTVTCITCFTCVI"
"""What twenty files do, one letter each: a table, a column, an index, a function, a view."""

_LOADS = 5
"""How many files the megabytes of rows are in."""
# One file a day: which comes first is then never a question of what a file needs.
_FIRST_DAY = date(1990, 1, 1)
_RULE = "-- " + "─" * 45
# The guide names these: with them first the whole suite is green.
_REQUIRED = (
    "company.master",
    "company.slot",
    "company.history",
    "people.master",
    "people.slot",
    "people.intelligence",
    "people.history",
    "marketing.campaigns",
    "marketing.outreach_history",
    "marketing.attribution",
    "marketing.feedback_reports",
)
_NOUNS = ("account", "address", "contact", "document", "event", "goal", "invoice", "message", "plan", "score", "visit")
_COLUMNS = (
    "amount numeric(12, 2) NOT NULL DEFAULT 0",
    "starts_on date",
    "details jsonb NOT NULL DEFAULT '{}'",
    "email text",
    "position integer NOT NULL DEFAULT 1",
    "active boolean NOT NULL DEFAULT true",
    "tags text[] NOT NULL DEFAULT '{}'",
)
_ADDED = (
    ("text", "note"),
    ("integer NOT NULL DEFAULT 0", "attempts"),
    ("timestamptz", "checked_at"),
    ("text NOT NULL DEFAULT 'unknown'", "origin"),
    ("numeric(6, 3)", "weight"),
)


class _Change(NamedTuple):
    """What stands between BEGIN and COMMIT of one file, and how it is taken back."""

    name: str
    description: str
    statements: list[str]
    rollback: list[str]


def write(folder: Path, count: int, megabytes: int = 0) -> int:
    """Write so many migrations below `folder`, and those with so many megabytes of rows, if any.

    Returns how many SQL statements are in them, BEGIN and COMMIT too.
    """
    target = folder / "migrations"
    target.mkdir(parents=True, exist_ok=True)
    made: Counter[str] = Counter()
    statements = 0
    loads = _LOADS if megabytes else 0
    for number in range(count + loads):
        if number == 0:
            change = _schemas()
        elif number >= count:
            change = _rows(number - count, megabytes * 1_000_000 // loads)
        else:
            kind = KINDS[(number - 1) % len(KINDS)]
            change = _MAKERS[kind](made[kind])
            made[kind] += 1
        day = _FIRST_DAY + timedelta(days=number)
        (target / f"{day}_{change.name}.sql").write_text(_text(number, day, change), encoding="utf-8", newline="\n")
        statements += len(change.statements) + 2
    return statements


def _text(number: int, day: date, change: _Change) -> str:
    head = [
        _RULE,
        "-- 📁 CTB Classification Metadata",
        _RULE,
        "-- CTB Branch: data/migrations",
        "-- Barton ID: 05.01.02",
        f"-- Unique ID: CTB-{number:08X}",
        f"-- Last Updated: {day}",
        "-- Enforcement: ORBT",
        _RULE,
    ]
    back = ["-- Rollback:", "-- BEGIN;", *(f"-- {one};" for one in change.rollback), "-- COMMIT;"]
    body = [statement if statement.endswith("\n\\.") else f"{statement};" for statement in change.statements]
    return "\n\n".join(
        ["\n".join(head), f"-- Description: {change.description}", "BEGIN;", *body, "COMMIT;", "\n".join(back) + "\n"]
    )


def _named(number: int) -> tuple[str, str]:
    """The schema and the name of a table."""
    if number < len(_REQUIRED):
        schema, _, table = _REQUIRED[number].partition(".")
        return schema, table
    return SCHEMAS[number % len(SCHEMAS)], f"{_NOUNS[number % len(_NOUNS)]}_{number}"


def _parent(number: int) -> int:
    """The table that a table refers to: each has two that refer to it, old ones as well as new ones."""
    return number // 2


def _schemas() -> _Change:
    return _Change(
        "create_schemas",
        "Create the schemas that everything else lives in",
        [f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in SCHEMAS],
        [f"DROP SCHEMA IF EXISTS {schema}" for schema in reversed(SCHEMAS)],
    )


def _table(number: int) -> _Change:
    schema, table = _named(number)
    lines = [
        "id bigint GENERATED ALWAYS AS IDENTITY",
        "parent_id bigint",
        *([f"{schema}_id bigint"] if table == "history" else []),  # the key of the row that changed
        "name text NOT NULL",
        "status text NOT NULL DEFAULT 'new'",
        *(_COLUMNS[(number + step) % len(_COLUMNS)] for step in range(2 + number % 3)),
        "created_at timestamptz NOT NULL DEFAULT now()",
        f"CONSTRAINT {table}_pkey PRIMARY KEY (id)",
        f"CONSTRAINT {table}_status_check CHECK (status IN ('new', 'open', 'done'))",
    ]
    if number > 0:
        parent = ".".join(_named(_parent(number)))
        lines.append(f"CONSTRAINT {table}_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES {parent} (id)")
    inside = ",\n".join(f"    {line}" for line in lines)
    statements = [f"CREATE TABLE IF NOT EXISTS {schema}.{table} (\n{inside}\n)"]
    if number % 4 < 3:
        statements.append(f"COMMENT ON TABLE {schema}.{table} IS 'Table number {number} of the history'")
    return _Change(
        f"create_{schema}_{table}",
        f"Create {schema}.{table}",
        statements,
        [f"DROP TABLE IF EXISTS {schema}.{table}"],
    )


def _column(number: int) -> _Change:
    schema, table = _named(number)
    kind, column = _ADDED[number % len(_ADDED)]
    statements = [f"ALTER TABLE IF EXISTS {schema}.{table} ADD COLUMN IF NOT EXISTS {column} {kind}"]
    if number % 2 == 0:
        statements.append(f"COMMENT ON COLUMN {schema}.{table}.{column} IS 'Column number {number} that was added'")
    return _Change(
        f"add_{column}_to_{schema}_{table}",
        f"Add {column} to {schema}.{table}",
        statements,
        [f"ALTER TABLE IF EXISTS {schema}.{table} DROP COLUMN IF EXISTS {column}"],
    )


def _index(number: int) -> _Change:
    schema, table = _named(number)
    columns = ("parent_id", "status, created_at", "lower(name)")[number % 3]
    return _Change(
        f"index_{schema}_{table}",
        f"Index {schema}.{table} for what is looked up most",
        [f"CREATE INDEX IF NOT EXISTS {table}_lookup_idx ON {schema}.{table} ({columns})"],
        [f"DROP INDEX IF EXISTS {schema}.{table}_lookup_idx"],
    )


def _function(number: int) -> _Change:
    schema, table = _named(2 * number)
    query = f"SELECT count(*) FROM {schema}.{table} WHERE status = wanted"
    if number % 2 == 0:
        language, body = "sql\nSTABLE", query
    else:
        language, body = "plpgsql\nSTABLE", f"BEGIN\n    RETURN ({query});\nEND"
    return _Change(
        f"create_function_{schema}_count_{table}",
        f"Count the rows of {schema}.{table} that have a status",
        [
            f"CREATE OR REPLACE FUNCTION {schema}.count_{table}(wanted text) RETURNS bigint\n"
            f"LANGUAGE {language}\nSET search_path = ''\nAS $function$\n{body}\n$function$"
        ],
        [f"DROP FUNCTION IF EXISTS {schema}.count_{table}(text)"],
    )


def _view(number: int) -> _Change:
    child = 2 * number + 1
    schema, table = _named(child)
    parent = ".".join(_named(_parent(child)))
    return _Change(
        f"create_view_{schema}_open_{table}",
        f"Show what is open in {schema}.{table}, with the names of what it belongs to",
        [
            f"CREATE OR REPLACE VIEW {schema}.open_{table} AS\n"
            "SELECT child.id, child.name, parent.name AS parent_name\n"
            f"FROM {schema}.{table} AS child\n"
            f"LEFT JOIN {parent} AS parent ON parent.id = child.parent_id\n"
            "WHERE child.status = 'open'"
        ],
        [f"DROP VIEW IF EXISTS {schema}.open_{table}"],
    )


def _rows(number: int, size: int) -> _Change:
    """So many bytes of rows, with a little of everything that COPY's text format writes."""
    table = f"company.loaded_{number}"
    lines: list[str] = []
    while size > 0:
        key = len(lines)
        nothing = "\\N" if key % 7 == 0 else f"{key * 37 % 1000}.{key % 100:02}"
        lines.append(
            f"{key}\t{_NOUNS[key % len(_NOUNS)]} number {key}\t{nothing}\tit's; -- said \\t and \\\\ {'x' * 40}"
        )
        size -= len(lines[-1]) + 1
    block = "\n".join([f"COPY {table} (id, name, amount, note) FROM stdin;", *lines, "\\."])
    columns = "id bigint NOT NULL,\n    name text NOT NULL,\n    amount numeric,\n    note text NOT NULL"
    return _Change(
        f"create_company_loaded_{number}",
        f"Create {table} with its rows",
        [f"CREATE TABLE IF NOT EXISTS {table} (\n    {columns}\n)", f"TRUNCATE {table}", block],
        [f"DROP TABLE IF EXISTS {table}"],
    )


_MAKERS: dict[str, Callable[[int], _Change]] = {"T": _table, "C": _column, "I": _index, "F": _function, "V": _view}


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *map(int, sys.argv[2:4])), "statements")
