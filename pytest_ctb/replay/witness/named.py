"""What an application can name of what a file changes: relations, functions and enumerations, as SQL."""

from __future__ import annotations

from pytest_ctb.replay.session.search_path import in_full

UPDATE, INSERT, DELETE = 1 << 2, 1 << 3, 1 << 4
"""The bits of pg_relation_is_updatable (nodes.h, CmdType)."""


def _words(text: str) -> str:
    """SQL for the words of a text: each has a space on both sides, and no other character is between them."""
    return f"' ' || pg_catalog.regexp_replace({text}, '[^[:alnum:]_$]+', ' ', 'g') || ' '"


# What is reached: the parents of a table and the views over it; the tables with a column of a type; the functions whose
# bodies name a table or a function; the tables whose triggers, defaults, checks and policies call such a function.
_REACHED = f"""
WITH RECURSIVE bodies(oid, body) AS MATERIALIZED (
    SELECT p.oid, pg_catalog.lower(p.prosrc)
    FROM pg_catalog.pg_proc p
    WHERE p.oid >= 16384 AND p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace AND p.prosrc <> ''
), given(kind, oid) AS (
    SELECT 'r', o FROM pg_catalog.unnest(tables) AS o
    UNION ALL
    SELECT 'r', c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = ANY (own_names)
        AND (n.nspname::pg_catalog.text || '.' || c.relname::pg_catalog.text) = ANY (relation_names)
    UNION ALL
    SELECT 't', t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typname = ANY (own_names)
        AND (n.nspname::pg_catalog.text || '.' || t.typname::pg_catalog.text) = ANY (type_names)
    UNION ALL
    SELECT 'f', p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname = ANY (own_names)
        AND (n.nspname::pg_catalog.text || '.' || p.proname::pg_catalog.text) = ANY (function_names)
    UNION ALL
    SELECT inside.kind, inside.oid FROM pg_catalog.pg_namespace n, LATERAL (
        SELECT 'r' AS kind, c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid
        UNION ALL
        SELECT 'f', p.oid FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid
        OFFSET 0
    ) AS inside WHERE n.nspname::pg_catalog.text = ANY (schema_names)
), reached(kind, oid) AS (
    SELECT g.kind, g.oid FROM given g WHERE g.oid IS NOT NULL
    UNION
    SELECT beyond.kind, beyond.oid FROM reached r, LATERAL (
        SELECT 'r' AS kind, h.inhparent AS oid FROM pg_catalog.pg_inherits h WHERE r.kind = 'r' AND h.inhrelid = r.oid
        UNION ALL
        SELECT 'r', d.objid FROM (
            SELECT r.oid AS type
            UNION ALL
            SELECT t.oid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_type t ON t.oid = d.objid
            WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = r.oid
                AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
                AND (t.typelem = r.oid OR t.typbasetype = r.oid)
            OFFSET 0
        ) AS x, pg_catalog.pg_depend d
        WHERE r.kind = 't' AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = x.type
        UNION ALL
        SELECT 'r', w.ev_class FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
        WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refobjid = r.oid
            AND d.refclassid = CASE WHEN r.kind = 'r' THEN 'pg_catalog.pg_class'::pg_catalog.regclass
                                    ELSE 'pg_catalog.pg_proc'::pg_catalog.regclass END
        UNION ALL
        SELECT CASE WHEN d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'f' ELSE 'r' END,
            CASE WHEN d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.objid
                 WHEN d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
                 THEN (SELECT t.tgrelid FROM pg_catalog.pg_trigger t WHERE t.oid = d.objid)
                 WHEN d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
                 THEN (SELECT x.adrelid FROM pg_catalog.pg_attrdef x WHERE x.oid = d.objid)
                 WHEN d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
                 THEN (SELECT k.conrelid FROM pg_catalog.pg_constraint k WHERE k.oid = d.objid)
                 WHEN d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
                 THEN (SELECT y.polrelid FROM pg_catalog.pg_policy y WHERE y.oid = d.objid) END
        FROM pg_catalog.pg_depend d
        WHERE r.kind = 'f' AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = r.oid
        UNION ALL
        SELECT 'f', d.objid FROM pg_catalog.pg_depend d
        WHERE r.kind = 'r' AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = r.oid
            AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        UNION ALL
        SELECT 'f', b.oid FROM (
            SELECT pg_catalog.lower(c.relname::pg_catalog.text) FROM pg_catalog.pg_class c
            WHERE r.kind = 'r' AND c.oid = r.oid
            UNION ALL
            SELECT pg_catalog.lower(p.proname::pg_catalog.text) FROM pg_catalog.pg_proc p
            WHERE r.kind = 'f' AND p.oid = r.oid
            OFFSET 0
        ) AS w(name), bodies b
        WHERE CASE WHEN w.name ~ '[^[:alnum:]_$]' OR pg_catalog.strpos(b.body, w.name) > 0
              THEN pg_catalog.strpos({_words("b.body")}, {_words("w.name")}) > 0 END
    ) AS beyond WHERE beyond.oid IS NOT NULL
), named(kind, oid) AS (
    SELECT r.kind, r.oid FROM reached r
    WHERE r.oid >= 16384 AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend e WHERE e.objid = r.oid AND e.deptype = 'e'
            AND e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
            AND e.classid = CASE WHEN r.kind = 'r' THEN 'pg_catalog.pg_class'::pg_catalog.regclass
                                 WHEN r.kind = 'f' THEN 'pg_catalog.pg_proc'::pg_catalog.regclass
                                 ELSE 'pg_catalog.pg_type'::pg_catalog.regclass END
        OFFSET 0)
)
"""  # noqa: S608  # words of our own


def _deprecated(catalog: str, oid: str, column: str = "0") -> str:
    """SQL for whether the comment on an object, or on a column, says so; NULL without a comment."""
    comment = (
        "SELECT pg_catalog.lower(said.description) FROM pg_catalog.pg_description said WHERE said.objoid = "  # noqa: S608  # words of our own
        f"{oid} AND said.classoid = 'pg_catalog.{catalog}'::pg_catalog.regclass AND said.objsubid = {column}"
    )
    return f"({comment}) ~ '^[[:space:]]*deprecated([^[:alnum:]_]|$)'"


_TYPE = """CASE WHEN t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
    THEN pg_catalog.format_type(t.oid, (-1)) END"""
NAMED = in_full(f"""{_REACHED}
SELECT pg_catalog.json_build_array('relation', c.relkind, s.nspname, c.relname,
    coalesce({_deprecated("pg_class", "c.oid")}, false),
    c.relkind = ANY ('{{v,p}}') OR c.relhasrules OR EXISTS (
        SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal OFFSET 0),
    CASE WHEN c.relkind = 'v' THEN pg_catalog.pg_relation_is_updatable(c.oid::pg_catalog.regclass, true)
         WHEN c.relkind = 'm' THEN 0 ELSE {UPDATE | INSERT | DELETE} END,
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, {_TYPE},
        NOT a.atthasdef AND a.attidentity = '' AND t.typdefault IS NULL AND (a.attnotnull OR t.typnotnull OR EXISTS (
            SELECT FROM pg_catalog.pg_partitioned_table q
            WHERE q.partrelid = c.oid AND a.attnum = ANY (q.partattrs::smallint[]))),
        a.attidentity = 'a' OR a.attgenerated <> ''
            OR (c.relkind = 'v' AND NOT pg_catalog.pg_column_is_updatable(c.oid::pg_catalog.regclass, a.attnum, true)),
        coalesce({_deprecated("pg_class", "c.oid", "a.attnum")}, false)) ORDER BY a.attnum)
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
        (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
            x.attname, pg_catalog.pg_get_indexdef(i.indexrelid, k.place::int, true)) ORDER BY k.place)
         FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(number, place)
         LEFT JOIN pg_catalog.pg_attribute x ON x.attrelid = i.indrelid AND x.attnum = k.number AND k.number <> 0
         WHERE k.place <= i.indnkeyatts),
        pg_catalog.pg_get_expr(i.indpred, i.indrelid)) ORDER BY NOT i.indisprimary, i.indexrelid)
     FROM pg_catalog.pg_index i
     WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid AND d.refobjid = c.oid
            AND {_deprecated("pg_class", "c.oid", "d.refobjsubid")})))
FROM named n JOIN pg_catalog.pg_class c ON c.oid = n.oid,
LATERAL (SELECT o.nspname FROM pg_catalog.pg_namespace o WHERE o.oid = c.relnamespace OFFSET 0) AS s
WHERE n.kind = 'r' AND c.relkind = ANY ('{{r,p,v,m}}') AND c.relpersistence <> 't' AND NOT c.relispartition
UNION ALL
SELECT pg_catalog.json_build_array('function', p.prokind, s.nspname, p.proname,
    coalesce({_deprecated("pg_proc", "p.oid")}, false),
    (SELECT pg_catalog.json_agg({_TYPE} ORDER BY y.place)
     FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) WITH ORDINALITY AS y(type, place)
     JOIN pg_catalog.pg_type t ON t.oid = y.type WHERE y.place <= (p.pronargs - p.pronargdefaults)),
    coalesce(
        (SELECT pg_catalog.json_agg(o.name ORDER BY o.place)
         FROM ROWS FROM (pg_catalog.unnest(p.proargnames), pg_catalog.unnest(p.proargmodes))
              WITH ORDINALITY AS o(name, mode, place)
         WHERE o.mode = ANY ('{{o,b,t}}') AND o.name <> ''),
        (SELECT pg_catalog.json_agg(a.attname ORDER BY a.attnum)
         FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.typrelid = a.attrelid
         WHERE t.oid = p.prorettype AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
            AND NOT coalesce({_deprecated("pg_class", "a.attrelid", "a.attnum")}, false))))
FROM named n JOIN pg_catalog.pg_proc p ON p.oid = n.oid,
LATERAL (SELECT o.nspname FROM pg_catalog.pg_namespace o WHERE o.oid = p.pronamespace OFFSET 0) AS s
WHERE n.kind = 'f' AND p.prokind = ANY ('{{f,p}}') AND p.provariadic = 0 AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_type t
    WHERE t.typtype = 'p' AND (t.oid = ANY (p.proargtypes::pg_catalog.oid[])
        OR (t.oid = p.prorettype AND t.typname = ANY ('{{trigger,event_trigger}}'))))
UNION ALL
SELECT pg_catalog.json_build_array('type', t.typtype, s.nspname, t.typname,
    coalesce({_deprecated("pg_type", "t.oid")}, false),
    (SELECT pg_catalog.json_agg(l.enumlabel ORDER BY l.enumsortorder)
     FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid))
FROM named n,
LATERAL (SELECT y.* FROM pg_catalog.pg_type y WHERE y.oid = n.oid OFFSET 0) AS t,
LATERAL (SELECT o.nspname FROM pg_catalog.pg_namespace o WHERE o.oid = t.typnamespace OFFSET 0) AS s
WHERE n.kind = 't' AND t.typtype = 'e'
""")  # noqa: S608  # words of our own
