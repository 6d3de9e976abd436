-- The objects of a database but for what Postgres and its extensions bring, and for temporary ones: catalog, number, number
-- of the column, the transaction that wrote the row, the one that wrote the comment, and the table that it is of.
WITH space AS (
    SELECT oid, xmin FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), brought AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), relation AS (
    SELECT c.oid, c.relkind, c.xmin FROM pg_catalog.pg_class c
    WHERE c.relnamespace IN (SELECT oid FROM space) AND c.relpersistence <> 't' AND c.relkind <> 't'
      AND NOT EXISTS (SELECT FROM brought b WHERE b.classid = 'pg_catalog.pg_class'::regclass AND b.objid = c.oid)
), entry(catalog, oid, sub, row, of) AS (
    SELECT 'pg_class', c.oid, 0, c.xmin, coalesce(i.indrelid, c.oid)
    FROM relation c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    UNION ALL
    SELECT 'pg_class', a.attrelid, a.attnum, a.xmin, a.attrelid
    FROM relation c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_constraint', k.oid, 0, k.xmin, k.conrelid
    FROM pg_catalog.pg_constraint k JOIN relation c ON c.oid = k.conrelid
    UNION ALL
    SELECT 'pg_trigger', t.oid, 0, t.xmin, t.tgrelid
    FROM pg_catalog.pg_trigger t JOIN relation c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'pg_policy', p.oid, 0, p.xmin, p.polrelid FROM pg_catalog.pg_policy p JOIN relation c ON c.oid = p.polrelid
    UNION ALL
    SELECT 'pg_rewrite', w.oid, 0, w.xmin, w.ev_class
    FROM pg_catalog.pg_rewrite w JOIN relation c ON c.oid = w.ev_class WHERE w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'pg_proc', p.oid, 0, p.xmin, 0 FROM pg_catalog.pg_proc p
    WHERE p.pronamespace IN (SELECT oid FROM space)
      AND NOT EXISTS (SELECT FROM brought b WHERE b.classid = 'pg_catalog.pg_proc'::regclass AND b.objid = p.oid)
    UNION ALL
    SELECT 'pg_type', t.oid, 0, t.xmin, 0 FROM pg_catalog.pg_type t
    WHERE t.typnamespace IN (SELECT oid FROM space)
      AND (t.typtype IN ('e', 'd', 'r')
           OR t.typtype = 'c' AND EXISTS (SELECT FROM relation c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
      AND NOT EXISTS (SELECT FROM brought b WHERE b.classid = 'pg_catalog.pg_type'::regclass AND b.objid = t.oid)
    UNION ALL
    SELECT 'pg_namespace', s.oid, 0, s.xmin, 0 FROM space s
    UNION ALL
    SELECT 'pg_extension', e.oid, 0, e.xmin, 0 FROM pg_catalog.pg_extension e WHERE e.oid >= 16384
)
SELECT e.catalog, e.oid::bigint, e.sub::int, e.row::text, d.xmin::text, e.of::bigint
FROM entry e
LEFT JOIN pg_catalog.pg_description d
    ON d.objoid = e.oid AND d.objsubid = e.sub AND d.classoid = ('pg_catalog.' || e.catalog)::regclass
