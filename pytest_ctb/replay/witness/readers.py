"""Who reads a table without naming it: the tables that it is a partition or a child of, and the views over it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import psycopg

from pytest_ctb.replay.session.search_path import in_full

# A materialized view is not among them: it reads its tables only while it is refreshed.
_READERS = """(
    WITH RECURSIVE reader(oid) AS (
        SELECT coalesce((SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = {oid}), {oid})
        UNION
        SELECT beyond.oid FROM reader r, LATERAL (
            SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = r.oid
            UNION ALL
            SELECT w.ev_class FROM pg_catalog.pg_depend d
            JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND w.ev_type = '1' AND w.ev_class <> r.oid
            JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.relkind = 'v'
            WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = r.oid
              AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        ) AS beyond(oid)
    )
    SELECT pg_catalog.json_agg(pg_catalog.json_build_array(c.oid::bigint, s.nspname || '.' || c.relname, c.relkind)
                               ORDER BY s.nspname, c.relname)
    FROM reader r JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
    WHERE r.oid <> {oid} AND c.relpersistence <> 't' AND (c.relkind = ANY ('{{p,v,r,f}}'))
)"""


class Reader(NamedTuple):
    """A view over a table, or a parent of it."""

    oid: int
    name: str
    kind: str
    """As pg_class has it: `v` for a view."""


def readers_of(oid: str) -> str:
    """The SQL of the readers of one relation, as JSON; `oid` is the SQL of its number; of an index, of its table."""
    return _READERS.format(oid=oid)


_ASKED = in_full("SELECT o::bigint, {readers} FROM pg_catalog.unnest(%s::bigint[]::pg_catalog.oid[]) AS o").replace(
    "{readers}", in_full(readers_of("o"))
)


def readers_outside(outside: psycopg.Connection[Any], oids: Collection[int]) -> Mapping[int, tuple[Reader, ...]]:
    """The readers of tables and indexes as another session sees them. Raises psycopg.Error."""
    return {oid: readers(rows) for oid, rows in outside.execute(_ASKED, [sorted(oids)])}


def readers(rows: list[list[Any]] | None) -> tuple[Reader, ...]:
    """The readers that the JSON says."""
    return tuple(Reader(*row) for row in rows or ())
