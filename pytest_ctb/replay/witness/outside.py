"""What another session sees of relations while a transaction is open: what they were before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import psycopg

from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.witness.probe import Counters, Relation

_RELATIONS = in_full("""
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::pg_catalog.text, c.relfilenode::bigint,
       coalesce(i.indrelid, c.oid)::bigint, pg_catalog.pg_stat_get_live_tuples(c.oid),
       (SELECT (28 + coalesce(pg_catalog.sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END), 0))::int
        FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND (a.attnum > 0) AND NOT a.attisdropped)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE (n.nspname <> 'pg_toast') AND (c.relpersistence <> 't')
""")
_TABLES = _RELATIONS + in_full("AND c.oid >= 16384 AND (c.relkind = ANY ('{r,p,m}'))")
_COUNTED = in_full("""
SELECT c.oid::bigint, pg_catalog.pg_stat_get_tuples_inserted(c.oid), pg_catalog.pg_stat_get_tuples_updated(c.oid),
       pg_catalog.pg_stat_get_tuples_deleted(c.oid), pg_catalog.pg_stat_get_numscans(c.oid)
FROM pg_catalog.pg_class AS c
WHERE c.oid >= 16384 AND (c.relkind = ANY ('{r,p,m}')) AND (c.relpersistence <> 't')
""")
_CHOSEN = _RELATIONS + "AND c.oid OPERATOR(pg_catalog.=) ANY (%s::bigint[]::pg_catalog.oid[])"


def tables_outside(outside: psycopg.Connection[Any]) -> Mapping[int, Relation]:
    """Every table and materialized view, by its number. Raises psycopg.Error."""
    return _by_number(outside.execute(_TABLES))


def counted_outside(outside: psycopg.Connection[Any]) -> Mapping[int, Counters]:
    """What all sessions together have done to each table so far, as far as they reported it. Raises psycopg.Error."""
    return {oid: Counters(*counters) for oid, *counters in outside.execute(_COUNTED)}


def relations_outside(outside: psycopg.Connection[Any], oids: Collection[int]) -> Mapping[int, Relation]:
    """The relations of these numbers, and the tables of those that are indexes. Raises psycopg.Error."""
    relations = _by_number(outside.execute(_CHOSEN, [sorted(oids)]))
    others = {relation.table for relation in relations.values()} - relations.keys()
    return {**relations, **relations_outside(outside, others)} if others else relations


def _by_number(rows: Iterable[Any]) -> dict[int, Relation]:
    return {
        oid: Relation(oid, schema, name, kind, (), 0, 0, 0, 0, filenode, table, there, width)
        for oid, schema, name, kind, filenode, table, there, width in rows
    }
