-- Which object needs which other one to be there first: kind and name of both, as in catalog.sql. A default, a column and a
-- row type stand for their table, a domain's constraint for the domain, the index of a constraint for the constraint, what an
-- extension brings for the extension.
-- Runs behind the WITH of catalog.sql, with an empty search_path.
, thing AS MATERIALIZED (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid, oid AS objid, kind, name
    FROM relation WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, r.oid, CASE WHEN k.oid IS NULL THEN r.kind ELSE 'constraint' END,
           CASE WHEN k.oid IS NULL THEN r.name ELSE t.name || '.' || k.conname END
    FROM relation r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid JOIN relation t ON t.oid = i.indrelid
    LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = i.indrelid AND k.conindid = r.oid AND k.contype IN ('p', 'u', 'x')
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, 'function', name FROM routine
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, pg_catalog.unnest(ARRAY[t.oid, t.typarray]), 'type', name FROM kind_of_type t
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, pg_catalog.unnest(ARRAY[t.oid, t.typarray]), r.kind, r.name
    FROM relation r JOIN pg_catalog.pg_type t ON t.oid = r.reltype WHERE r.relkind <> 'c'
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 'constraint', r.name || '.' || k.conname
    FROM pg_catalog.pg_constraint k JOIN relation r ON r.oid = k.conrelid
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 'type', t.name
    FROM pg_catalog.pg_constraint k JOIN kind_of_type t ON t.oid = k.contypid
    UNION ALL
    SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid, r.kind, r.name
    FROM pg_catalog.pg_attrdef d JOIN relation r ON r.oid = d.adrelid
    UNION ALL
    SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid, CASE w.rulename WHEN '_RETURN' THEN r.kind ELSE 'rule' END,
           r.name || CASE w.rulename WHEN '_RETURN' THEN '' ELSE '.' || w.rulename END
    FROM pg_catalog.pg_rewrite w JOIN relation r ON r.oid = w.ev_class
    UNION ALL
    SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, g.oid, 'trigger', r.name || '.' || g.tgname
    FROM pg_catalog.pg_trigger g JOIN relation r ON r.oid = g.tgrelid
    UNION ALL
    SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 'policy', r.name || '.' || p.polname
    FROM pg_catalog.pg_policy p JOIN relation r ON r.oid = p.polrelid
    UNION ALL
    SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, x.oid, 'statistics', s.nspname || '.' || x.stxname
    FROM pg_catalog.pg_statistic_ext x JOIN space s ON s.oid = x.stxnamespace
    UNION ALL
    SELECT m.classid, m.objid, 'extension', e.extname FROM pg_catalog.pg_depend m JOIN pg_catalog.pg_extension e ON e.oid = m.refobjid
    WHERE m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND m.deptype = 'e' AND e.extname <> 'plpgsql'
)

SELECT DISTINCT a.kind, a.name, b.kind, b.name
FROM pg_catalog.pg_depend d
JOIN thing a ON a.classid = d.classid AND a.objid = d.objid
JOIN thing b ON b.classid = d.refclassid AND b.objid = d.refobjid
WHERE (a.kind, a.name) <> (b.kind, b.name) AND a.kind NOT IN ('sequence', 'extension') -- a sequence is there before its table
ORDER BY 1, 2, 3, 4
