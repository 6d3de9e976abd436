"""Ask the database, where a file failed because a name does not exist, for a name that exists and is much like it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import psycopg

from pytest_ctb.model import Migration, NearName, SqlError
from pytest_ctb.model.misspelt import nearest
from pytest_ctb.sql import as_sql, names_in

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


class _Existing(NamedTuple):
    """A row of `_EXISTING`: something that exists, of one kind."""

    schema: str
    table: str
    """Of a column."""
    name: str
    shown: str


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


def near_name(connection: psycopg.Connection[Any], migration: Migration, line: int, error: SqlError) -> NearName | None:
    """The name that exists and is most like the one that an error says is missing; None where none is like it.

    `line`: that of the statement which failed.
    """
    missing = _MISSING.match(error.message)
    kind = _KINDS.get(missing["kind"], "") if missing else ""
    if not missing or not kind or "Perhaps you meant" in error.hint:
        return None
    given = tuple((missing["quoted"] or missing["plain"]).split("."))
    *before, bare = given
    schema = before[-1] if before and kind in {_RELATION, _ROUTINE, _TYPE} else ""
    rows = [_Existing(*row[1:]) for row in connection.execute(_EXISTING) if row[0] == kind]
    if kind == "column":
        tables = _tables(migration, line, missing["of"] or "")
        rows = [row for row in rows if (row.schema, row.table) in tables or ("", row.table) in tables]
    if kind == _TYPE:
        # `citext` and `vector` are of extensions: nobody means `text` and `tsvector`.
        rows = [row for row in rows if row.schema != "pg_catalog" or abs(len(row.name) - len(bare)) <= 1]
    near = _nearest(schema, bare, rows)
    if near is None:
        return None
    if kind == "column":
        return NearName(given, as_sql(*before, near.name), False, near.shown)
    if near.schema == "pg_catalog":  # whose types have names of keywords: `integer`, `double precision`
        return NearName(given, near.name, False, near.shown)
    return NearName(given, as_sql(near.schema, near.name), bool(near.schema), near.shown)


def _nearest(schema: str, name: str, rows: Iterable[_Existing]) -> _Existing | None:
    """Of the rows of one kind that whose name is nearest: in the schema that is named, else in any."""
    in_schema: dict[str, _Existing] = {}
    anywhere: dict[str, _Existing] = {}
    for row in sorted(rows):
        anywhere.setdefault(row.name, row)
        in_schema.setdefault(f"{row.schema}.{row.name}", row)
    by_name: Mapping[str, _Existing] = anywhere
    if schema:
        if name in anywhere and f"{schema}.{name}" not in in_schema:
            return anywhere[name]  # the right name in another schema
        by_name, name = in_schema, f"{schema}.{name}"
    return by_name.get(nearest(name, by_name, _SIMILAR))


def _tables(migration: Migration, line: int, of: str) -> set[tuple[str, str]]:
    """The tables that the statement on a line names, by schema (empty if it gives none) and name.

    `of`: the name of the only one that is asked for; empty for all.
    """
    statements = [statement for statement in migration.statements if statement.position.line == line]
    named = {(name.schema, name.name) for name in names_in(statements).uses if name.kind == "relation"}
    if not of:
        return named
    bare = of.rpartition(".")[2]
    return {(schema, table) for schema, table in named if table == bare} or {("", bare)}
