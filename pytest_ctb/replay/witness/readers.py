"""Who reads or writes a table without naming it: views over it, the tables that it is a partition or a child of.

It is asked in another session. What the migration's open transaction has attached, detached, made or dropped the
application does not see yet; and it is the application that waits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# Of a sequence, the tables whose defaults and identity columns take a number from it. A materialized view is not among
# the readers: it reads its tables only while it is refreshed. A view depends on what it names, which is more than what
# it reads: a constant of type regclass, say. What it reads are the relations of its query (`:rtekind 0 :relid`,
# primnodes.h), with `:inh` for those with all their children; it writes to the first of them. A TABLESAMPLE may stand
# between the two. Its text is no definition as pg_get_viewdef words it, which would lock the view and its tables.
READERS = """(
    WITH RECURSIVE reader(oid, as_parent, writes) AS (
        SELECT coalesce((SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = l.oid), l.oid), false, true
        UNION
        SELECT beyond.oid, beyond.as_parent, beyond.writes FROM reader r, LATERAL (
            SELECT h.inhparent, true, false FROM pg_catalog.pg_inherits h WHERE h.inhrelid = r.oid AND l.relkind <> 'S'
            UNION ALL
            SELECT w.ev_class, false, r.writes AND w.ev_class <> r.oid AND r.oid::pg_catalog.text = (
                SELECT n.relid[1] FROM pg_catalog.regexp_matches(
                    w.ev_action::pg_catalog.text, ':rtekind 0 :relid ([0-9]+) ', 'g') WITH ORDINALITY AS n(relid, place)
                WHERE (n.relid[1] <> w.ev_class::pg_catalog.text) ORDER BY n.place LIMIT 1)
            FROM pg_catalog.pg_depend d
            JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND w.ev_type = '1' AND w.ev_class <> r.oid
            JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.relkind = 'v'
            WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = r.oid
              AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
              AND (w.ev_action::pg_catalog.text ~ pg_catalog.concat(':rtekind 0 :relid ', r.oid,
                   CASE WHEN r.as_parent THEN ' [^{]*(:inh true|:tablesample [{])' ELSE ' ' END))
            UNION ALL
            SELECT a.adrelid, false, true FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attrdef a ON a.oid = d.objid
            WHERE l.relkind = 'S' AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = r.oid
              AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
            UNION ALL
            SELECT d.refobjid, false, true FROM pg_catalog.pg_depend d
            WHERE l.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid
              AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i'
        ) AS beyond(oid, as_parent, writes)
    )
    SELECT pg_catalog.json_agg(
        pg_catalog.json_build_array(g.oid::bigint, s.nspname || '.' || c.relname, c.relkind, g.writes)
        ORDER BY s.nspname, c.relname)
    FROM (SELECT r.oid, pg_catalog.bool_or(r.writes) AS writes FROM reader r GROUP BY r.oid) AS g
    JOIN pg_catalog.pg_class c ON c.oid = g.oid JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
    WHERE g.oid <> l.oid AND c.relpersistence <> 't' AND (c.relkind = ANY ('{p,v,r,f}'))
)"""
"""The SQL of the readers of the relation `l` of pg_class, as JSON; of an index, of its table."""


class Reader(NamedTuple):
    """A view over a table, a parent of it, or a table that takes its numbers from a sequence."""

    oid: int
    name: str
    kind: str
    """As pg_class has it: `v` for a view."""
    writes: bool
    """Who inserts there writes to the table, or takes a number from the sequence."""


def readers(answer: list[tuple[Any, ...]], since: int) -> dict[int, tuple[Reader, ...]]:
    """The readers of each relation that other sessions see, by its number, from the answer to `readers`.

    Those that the file has made, by a number above `since`, nobody uses yet.
    """
    ((rows,),) = answer
    return {
        oid: tuple(reader for reader in (Reader(*row) for row in read_by or ()) if reader.oid <= since)
        for oid, read_by in rows or ()
    }
