"""The tables of the ledger: the SQL that creates them, and whether the existing ones still have that form."""

from __future__ import annotations

from typing import Any

import psycopg

from pytest_ctb.deploy.ledger_entry import NULLABLE, edited_message
from pytest_ctb.errors import LiveError

_TABLES = {
    "ledger": {"format": "integer", "tool": "text"},
    "migrations": {
        "file": "text",
        "number": "bigint",
        "state": "text",
        "sha256": "text",
        "unique_id": "text",
        "content": "bytea",
        "started": "timestamp with time zone",
        "ended": "timestamp with time zone",
        "seconds": "double precision",
        "role": "text",
        "person": "text",
        "tool": "text",
        "statements": "integer",
        "done": "integer",
        "step": "integer",
        "line": "integer",
        "xid": "text",
        "backend": "integer",
        "backend_start": "timestamp with time zone",
        "cluster": "text",
        "error": "text",
        "no_check": "text",
        "invalid": "text[]",
    },
    "events": {
        "id": "bigint",
        "at": "timestamp with time zone",
        "file": "text",
        "state": "text",
        "sha256": "text",
        "role": "text",
        "person": "text",
        "tool": "text",
        "detail": "text",
    },
    "schema": {"number": "integer", "event": "bigint", "words": "text", "objects": "text"},
}
"""The columns of each table, with their types as Postgres prints them."""
_CONSTRAINTS = {
    "migrations.file": "PRIMARY KEY",
    "schema.number": "PRIMARY KEY",
    "events.id": "GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
# Tables that are updated need a key: in a publication FOR ALL TABLES Postgres refuses updates without one.
_ADDED_LATER = {"schema"}
_EXISTING = """
SELECT c.relname::pg_catalog.text, c.relkind::pg_catalog.text, a.attname::pg_catalog.text,
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.attidentity::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = 'ctb_ledger' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1, a.attnum
"""
_KINDS = {"p": "a partitioned table", "v": "a view", "m": "a materialized view", "f": "a foreign table"}


def _create_table(table: str, columns: dict[str, str]) -> str:
    definitions = (
        f"{name} {kind if ' ' in kind or kind in {'integer', 'bigint'} else f'pg_catalog.{kind}'} "
        + _CONSTRAINTS.get(f"{table}.{name}", "" if name in NULLABLE else "NOT NULL")
        for name, kind in columns.items()
    )
    return f"CREATE TABLE IF NOT EXISTS ctb_ledger.{table} ({', '.join(definitions)});\n"


MAKE_SCHEMA = """
CREATE SCHEMA ctb_ledger;
COMMENT ON SCHEMA ctb_ledger IS 'Which migrations are applied; written by ctb apply, and by nobody else.';
"""
MAKE_TABLES = "".join(_create_table(table, columns) for table, columns in _TABLES.items())


def existing_tables(connection: psycopg.Connection[Any]) -> frozenset[str]:
    """The names of the ledger's tables that exist; none where there is no ledger yet.

    Raises LiveError where somebody has altered one, and psycopg.Error.
    """
    kinds: dict[str, str] = {}
    columns: dict[str, dict[str, tuple[str, str]]] = {}
    for table, kind, column, of_type, identity in connection.execute(_EXISTING):
        if table in _TABLES:
            kinds[table] = kind
            columns.setdefault(table, {})[column] = of_type, identity
    if not kinds:
        return frozenset()
    for table, wanted in _TABLES.items():
        if table in kinds:
            _compare(table, kinds[table], columns[table], wanted)
        elif table not in _ADDED_LATER:
            raise LiveError(edited_message(f'relation "ctb_ledger.{table}" does not exist'))
    return frozenset(kinds)


def _compare(table: str, kind: str, existing: dict[str, tuple[str, str]], wanted: dict[str, str]) -> None:
    if kind != "r":
        raise LiveError(edited_message(f"ctb_ledger.{table} is {_KINDS[kind]}, not a table"))
    if missing := [name for name in wanted if name not in existing]:
        raise LiveError(edited_message(f"{table} has no column {', '.join(missing)}"))
    for name, of_type in wanted.items():
        if existing[name][0] != of_type:
            raise LiveError(edited_message(f"the column {table}.{name} is of type {existing[name][0]}, not {of_type}"))
        if "IDENTITY" in _CONSTRAINTS.get(f"{table}.{name}", "") and not existing[name][1]:
            raise LiveError(edited_message(f"the column {table}.{name} does not count by itself any more"))
