-- The objects of a database but for what Postgres and its extensions bring, and for temporary ones: catalog, number, number
-- of the column, which version of its row is there (the transaction that wrote it, and where it lies), the same of its
-- comment, and the table that it is of.
WITH space AS (
    SELECT oid, xmin, ctid FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), brought AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), relation AS (
    SELECT c.oid, c.relkind, c.xmin, c.ctid FROM pg_catalog.pg_class c
    WHERE c.relnamespace = ANY (SELECT oid FROM space) AND c.relpersistence <> 't' AND c.relkind <> 't'
      AND NOT EXISTS (SELECT FROM brought b WHERE b.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND b.objid = c.oid)
), entry(catalog, oid, sub, writer, place, of) AS (
    SELECT 'pg_class', c.oid, 0, c.xmin, c.ctid, coalesce(i.indrelid, c.oid)
    FROM relation c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    UNION ALL
    SELECT 'pg_class', a.attrelid, a.attnum, a.xmin, a.ctid, a.attrelid
    FROM relation c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = ANY ('{r,p,f,c}') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_constraint', k.oid, 0, k.xmin, k.ctid, k.conrelid
    FROM pg_catalog.pg_constraint k JOIN relation c ON c.oid = k.conrelid
    UNION ALL
    SELECT 'pg_trigger', t.oid, 0, t.xmin, t.ctid, t.tgrelid
    FROM pg_catalog.pg_trigger t JOIN relation c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'pg_policy', p.oid, 0, p.xmin, p.ctid, p.polrelid
    FROM pg_catalog.pg_policy p JOIN relation c ON c.oid = p.polrelid
    UNION ALL
    SELECT 'pg_rewrite', w.oid, 0, w.xmin, w.ctid, w.ev_class
    FROM pg_catalog.pg_rewrite w JOIN relation c ON c.oid = w.ev_class WHERE w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'pg_type', t.oid, 0, t.xmin, t.ctid, 0 FROM pg_catalog.pg_type t
    WHERE t.typnamespace = ANY (SELECT oid FROM space)
      AND (t.typtype = ANY ('{e,d,r}')
           OR t.typtype = 'c' AND EXISTS (SELECT FROM relation c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
    UNION ALL
    SELECT 'pg_namespace', s.oid, 0, s.xmin, s.ctid, 0 FROM space s
    UNION ALL
    SELECT 'pg_proc', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_proc WHERE pronamespace = ANY (SELECT oid FROM space)
    UNION ALL
    SELECT 'pg_statistic_ext', oid, 0, xmin, ctid, stxrelid FROM pg_catalog.pg_statistic_ext
    UNION ALL
    SELECT 'pg_extension', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_extension WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_default_acl', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_default_acl
    UNION ALL
    SELECT 'pg_cast', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_cast WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_operator', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_operator WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_opclass', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_opclass WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_opfamily', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_opfamily WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_collation', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_collation WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_conversion', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_conversion WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_language', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_language WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_ts_config', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_ts_config WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_ts_dict', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_ts_dict WHERE oid >= 16384
    UNION ALL
    SELECT 'pg_publication', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_publication
    UNION ALL
    SELECT 'pg_foreign_data_wrapper', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL
    SELECT 'pg_foreign_server', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_foreign_server
    UNION ALL
    SELECT 'pg_event_trigger', oid, 0, xmin, ctid, 0 FROM pg_catalog.pg_event_trigger
)
SELECT e.catalog, e.oid::bigint, e.sub::int, e.writer || ' ' || e.place, d.xmin || ' ' || d.ctid, e.of::bigint
FROM entry e
LEFT JOIN pg_catalog.pg_description d
    ON d.objoid = e.oid AND d.objsubid = e.sub AND d.classoid = ('pg_catalog.' || e.catalog)::pg_catalog.regclass
WHERE NOT EXISTS (SELECT FROM brought b WHERE b.objid = e.oid AND b.classid = ('pg_catalog.' || e.catalog)::pg_catalog.regclass)
