"""What statements of downstream code are sent to: the tables behind the names, and the types of their parameters."""

from __future__ import annotations

from pytest_ctb.replay.session.search_path import in_full

SENT_TO = in_full("""
WITH RECURSIVE reached(name, oid) AS (
    SELECT n.name, n.oid FROM (
        SELECT s, pg_catalog.to_regclass(s)::pg_catalog.oid FROM pg_catalog.unnest(sent_names) AS s
    ) AS n(name, oid) WHERE n.oid IS NOT NULL
    UNION
    SELECT NULL, d.refobjid
    FROM reached r
    JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.rulename = '_RETURN'
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.oid
)
SELECT pg_catalog.json_build_array(
    EXISTS (SELECT FROM pg_catalog.pg_extension x WHERE x.extname = ANY (extensions))
    OR EXISTS (SELECT FROM pg_catalog.pg_language g WHERE NOT g.lanpltrusted AND (g.oid >= 16384)),
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(r.name, r.oid::bigint)), '[]')
     FROM reached r JOIN pg_catalog.pg_class c ON c.oid = r.oid
     WHERE c.relkind = ANY ('{r,p}') AND c.relpersistence <> 't' AND (r.oid >= 16384)),
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
        d.oid::bigint, e.typname, e.typtype, b.oid <> e.oid,
        ARRAY(SELECT l.enumlabel FROM pg_catalog.pg_enum l WHERE l.enumtypid = e.oid ORDER BY l.enumsortorder))), '[]')
     FROM pg_catalog.pg_type d
     JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
     JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN b.typcategory = 'A' AND b.typelem <> 0 THEN b.typelem ELSE b.oid END
     WHERE d.oid = ANY (types)))
""")
"""The SQL, as JSON.

Whether something can open a session of its own, by these extensions or a language; the name and oid of each table,
without a name where a view leads to it; and of each type its oid, and what a value for it is made of.
"""
