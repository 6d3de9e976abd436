"""Ask the database, where a file failed because a name does not exist, for a name that exists and is much like it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

from pytest_ctb.model import Migration, SqlError
from pytest_ctb.model.misspelt import nearest
from pytest_ctb.sql import names_in

_SIMILAR = 0.75
_MISSING = re.compile(
    r"""(?P<kind>[a-z]+(?:[ ](?:view|table))?)[ ]
    (?:"(?P<quoted>[^"]+)"|(?P<plain>[^\s"(]+)(?:\(.*\))?)
    (?:[ ]of[ ]relation[ ]"(?P<of>[^"]+)")?
    .*[ ]does[ ]not[ ]exist""",
    re.VERBOSE,
)
"""The words of the server for what is missing: `column "nmae" of relation "master" does not exist`."""
_RELATION, _ROUTINE, _TYPE = "relation", "routine", "type"
_KINDS = {
    "column": "column",
    "schema": "schema",
    "type": _TYPE,
    **dict.fromkeys(("function", "procedure", "aggregate", "routine"), _ROUTINE),
    **dict.fromkeys(
        ("relation", "table", "view", "index", "sequence", "materialized view", "foreign table"), _RELATION
    ),
}
# Schema, table, name, and the name as it is shown; those of Postgres itself only for types.
_EXISTING = """
WITH namespaces AS (
    SELECT n.oid, n.nspname::pg_catalog.text AS schema FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), relations AS (
    SELECT c.oid, c.reltype, n.schema, c.relname::pg_catalog.text AS name, c.relkind
    FROM pg_catalog.pg_class c JOIN namespaces n ON n.oid = c.relnamespace
)
SELECT 'schema', '', '', n.schema, n.schema FROM namespaces n
UNION ALL
SELECT 'relation', r.schema, '', r.name, r.schema || '.' || r.name FROM relations r
UNION ALL
SELECT 'column', r.schema, r.name, a.attname::pg_catalog.text,
       r.schema || '.' || r.name || '.' || a.attname::pg_catalog.text
FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
WHERE r.relkind <> 'i' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'routine', n.schema, '', p.proname::pg_catalog.text,
       n.schema || '.' || p.proname::pg_catalog.text
       || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')'
FROM pg_catalog.pg_proc p JOIN namespaces n ON n.oid = p.pronamespace
UNION ALL
SELECT 'type', n.schema, '', t.typname::pg_catalog.text, n.schema || '.' || t.typname::pg_catalog.text
FROM pg_catalog.pg_type t JOIN namespaces n ON n.oid = t.typnamespace
WHERE t.typcategory <> 'A'
UNION ALL
SELECT 'type', 'pg_catalog', '', name, name
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace,
     pg_catalog.unnest(ARRAY[t.typname::pg_catalog.text, pg_catalog.format_type(t.oid, NULL)]) AS name
WHERE n.nspname = 'pg_catalog' AND t.typtype IN ('b', 'r') AND t.typcategory <> 'A'
"""


def near_name(connection: psycopg.Connection[Any], migration: Migration, line: int, error: SqlError) -> str:
    """The name that exists and is most like the one that an error says is missing; empty where none is like it.

    `line`: that of the statement which failed.
    """
    missing = _MISSING.match(error.message)
    kind = _KINDS.get(missing["kind"], "") if missing else ""
    if not missing or not kind or "Perhaps you meant" in error.hint:
        return ""
    table, _, bare = (missing["quoted"] or missing["plain"]).rpartition(".")
    schema = table if kind in {_RELATION, _ROUTINE, _TYPE} else ""
    rows = [row[1:] for row in connection.execute(_EXISTING) if row[0] == kind]
    if kind == "column":
        tables = {missing["of"].rpartition(".")[2]} if missing["of"] else _tables(migration, line)
        rows = [row for row in rows if row[1] in tables]
    if kind == _TYPE:
        # `citext` and `vector` are of extensions: nobody means `text` and `tsvector`.
        rows = [row for row in rows if row[0] != "pg_catalog" or abs(len(row[2]) - len(bare)) <= 1]
    return _nearest(schema, bare, rows)


def _nearest(schema: str, name: str, rows: Iterable[tuple[str, str, str, str]]) -> str:
    """Of the rows of one kind that whose name is nearest: in the schema that is named, else in any."""
    in_schema: dict[str, str] = {}
    anywhere: dict[str, str] = {}
    for of_schema, _, existing, shown in sorted(rows):
        anywhere.setdefault(existing, shown)
        in_schema.setdefault(f"{of_schema}.{existing}", shown)
    by_name: Mapping[str, str] = anywhere
    if schema:
        if name in anywhere and f"{schema}.{name}" not in in_schema:
            return anywhere[name]  # the right name in another schema
        by_name, name = in_schema, f"{schema}.{name}"
    near = nearest(name, by_name, _SIMILAR)
    return by_name[near] if near else ""


def _tables(migration: Migration, line: int) -> set[str]:
    """The tables that the statement on a line names."""
    statements = [statement for statement in migration.statements if statement.position.line == line]
    return {name.name for name in names_in(statements).uses if name.kind == "relation"}
