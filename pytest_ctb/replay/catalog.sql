-- Every object of a database, in words that are the same for equal objects: kind, name, definition, and the kind and
-- name of the object that it goes with (a column's table). Left out is what Postgres and its extensions bring
-- themselves, and what another row tells already: the index of a constraint, a partition's copy of its parent's trigger.
-- Runs with an empty search_path, so that every name that Postgres prints has its schema. For Postgres 14 and later.
-- The marks /* and … of … */ become conditions where only some objects are asked for, listed in arrays; then nothing may
-- cost more because there are many others: every look into a catalog goes by an index, from the chosen ones.
WITH space AS (
    SELECT oid, nspname, nspowner, nspacl
    FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_namespace'::regclass AND m.objid = pg_namespace.oid AND m.deptype = 'e')
), relation AS (
    SELECT c.*, s.nspname || '.' || c.relname AS name,
           CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view'
                          WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type'
                          ELSE 'index' END AS kind
    FROM pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid AND m.deptype = 'e') /* and c.oid of relations */
), routine AS (
    SELECT p.*, s.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS name
    FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid AND m.deptype IN ('e', 'i')) /* and p.oid of routines */ -- 'i': a range type's own
), kind_of_type AS (
    SELECT t.*, s.nspname || '.' || t.typname AS name
    FROM pg_type t JOIN space s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r', 'c') AND (t.typrelid = 0 OR t.typrelid IN (SELECT oid FROM relation WHERE relkind = 'c'))
      AND NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid AND m.deptype = 'e') /* and t.oid of types */
), privilege AS (
    SELECT 'schema' AS kind, nspname AS name, nspowner AS owner, nspacl AS acl, 'n'::"char" AS objtype FROM space WHERE true /* and oid of spaces */
    UNION ALL
    SELECT kind, name, relowner, relacl, CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END FROM relation
    UNION ALL
    SELECT 'column', r.name || '.' || a.attname, r.relowner, a.attacl, 'c'::"char"
    FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid WHERE a.attacl IS NOT NULL
    UNION ALL
    SELECT 'function', name, proowner, proacl, 'f'::"char" FROM routine
    UNION ALL
    SELECT 'type', name, typowner, typacl, 'T'::"char" FROM kind_of_type
    UNION ALL
    SELECT 'server', srvname, srvowner, srvacl, 'S'::"char" FROM pg_foreign_server WHERE true /* and false */
)


SELECT 'schema' AS kind, nspname::text AS name, 'OWNER ' || pg_get_userbyid(nspowner) AS definition,
       NULL AS of_kind, NULL AS of_name
FROM space WHERE true /* and oid of spaces */

UNION ALL
SELECT r.kind, r.name,
       concat_ws(' ',
           CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' END,
           'OWNER ' || pg_get_userbyid(r.relowner),
           'OF ' || nullif(r.reloftype, 0)::regtype,
           'PARTITION BY ' || pg_get_partkeydef(r.oid),
           (SELECT CASE WHEN r.relispartition THEN 'PARTITION OF ' ELSE 'INHERITS ' END
                   || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
            FROM pg_inherits i WHERE i.inhrelid = r.oid),
           pg_get_expr(r.relpartbound, r.oid),
           'USING ' || (SELECT m.amname FROM pg_am m WHERE m.oid = r.relam AND m.amname <> 'heap'),
           'WITH (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(r.reloptions) o) || ')',
           'TOAST (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM pg_class x, unnest(x.reloptions) o WHERE x.oid = r.reltoastrelid) || ')',
           'TABLESPACE ' || (SELECT t.spcname FROM pg_tablespace t WHERE t.oid = r.reltablespace),
           CASE WHEN r.relrowsecurity THEN 'ROW LEVEL SECURITY' END,
           CASE WHEN r.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END,
           CASE r.relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' END,
           (SELECT 'REPLICA IDENTITY USING INDEX ' || i.indexrelid::regclass FROM pg_index i WHERE i.indrelid = r.oid AND i.indisreplident),
           (SELECT 'CLUSTER ON ' || i.indexrelid::regclass FROM pg_index i WHERE i.indrelid = r.oid AND i.indisclustered),
           (SELECT concat_ws(' ', 'SERVER', s.srvname,
                             'OPTIONS (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(f.ftoptions) o) || ')')
            FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = r.oid)),
       NULL, NULL
FROM relation r WHERE r.relkind IN ('r', 'p', 'f')

UNION ALL
SELECT 'column', r.name || '.' || a.attname,
       concat_ws(' ',
           format_type(a.atttypid, a.atttypmod),
           (SELECT 'COLLATE ' || l.oid::regcollation FROM pg_collation l JOIN pg_type t ON t.oid = a.atttypid
            WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation),
           CASE WHEN a.attnotnull THEN 'NOT NULL' END,
           CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY' END,
           CASE a.attgenerated WHEN '' THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
                               WHEN 's' THEN 'GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') STORED'
                               ELSE 'GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') VIRTUAL' END,
           (SELECT 'STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                                                   ELSE 'EXTENDED' END
            FROM pg_type t WHERE t.oid = a.atttypid AND t.typstorage <> a.attstorage),
           CASE a.attcompression WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END,
           'STATISTICS ' || nullif(a.attstattarget, -1),
           -- From 15.20 on Postgres notes a number of its own there (pg_attver), another one in every database.
           'WITH (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(a.attoptions) o WHERE o !~ '^pg_') || ')',
           'OPTIONS (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(a.attfdwoptions) o) || ')'),
       r.kind, r.name
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f') OR (r.relkind = 'v' AND d.oid IS NOT NULL)

UNION ALL
SELECT 'column order', r.name, string_agg(a.attname, ', ' ORDER BY a.attnum), r.kind, r.name
FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE r.relkind IN ('r', 'p', 'f') GROUP BY r.kind, r.name

UNION ALL
SELECT 'constraint', r.name || '.' || k.conname, pg_get_constraintdef(k.oid)
           || coalesce(' WITH (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM pg_class x, unnest(x.reloptions) o
                                     WHERE x.oid = k.conindid AND k.contype IN ('p', 'u', 'x')) || ')', '')
           || CASE WHEN k.contype = 'f' AND EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled = 'D')
                   THEN ' WITH ITS TRIGGERS DISABLED' ELSE '' END,
       r.kind, r.name
FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid
WHERE (k.contype IN ('c', 'f', 'p', 'u', 'x') OR (k.contype = 'n' AND (NOT k.convalidated OR k.connoinherit)))
  AND k.conislocal AND k.conparentid = 0 /* and k.conrelid of relations */

UNION ALL
SELECT 'index', r.name,
       concat_ws(' ', pg_get_indexdef(r.oid),
                 'TABLESPACE ' || (SELECT t.spcname FROM pg_tablespace t WHERE t.oid = r.reltablespace),
                 CASE WHEN NOT i.indisvalid THEN 'INVALID' END,
                 (SELECT string_agg(format('ALTER COLUMN %s SET STATISTICS %s', a.attnum, a.attstattarget), ', ' ORDER BY a.attnum)
                  FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attstattarget >= 0)),
       t.kind, t.name
FROM relation r JOIN pg_index i ON i.indexrelid = r.oid JOIN relation t ON t.oid = i.indrelid
WHERE NOT r.relispartition
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = i.indrelid AND k.conindid = r.oid
                  AND k.contype IN ('p', 'u', 'x'))

UNION ALL
SELECT r.kind, r.name,
       concat_ws(' ', 'OWNER ' || pg_get_userbyid(r.relowner),
                 'WITH (' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(r.reloptions) o) || ')',
                 'USING ' || (SELECT m.amname FROM pg_am m WHERE m.oid = r.relam AND m.amname <> 'heap'),
                 CASE WHEN NOT r.relispopulated THEN 'WITH NO DATA' END, E'AS\n' || pg_get_viewdef(r.oid)),
       NULL, NULL
FROM relation r WHERE r.relkind IN ('v', 'm')

UNION ALL
SELECT 'sequence', r.name,
       concat_ws(' ', CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' END, 'OWNER ' || pg_get_userbyid(r.relowner),
                 'AS ' || format_type(q.seqtypid, NULL), 'START ' || q.seqstart, 'INCREMENT ' || q.seqincrement,
                 'MINVALUE ' || q.seqmin, 'MAXVALUE ' || q.seqmax, 'CACHE ' || q.seqcache,
                 CASE WHEN q.seqcycle THEN 'CYCLE' END, 'OWNED BY ' || t.name || '.' || a.attname),
       t.kind, t.name
FROM relation r JOIN pg_sequence q ON q.seqrelid = r.oid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')
                     AND d.refclassid = 'pg_class'::regclass
LEFT JOIN relation t ON t.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid

UNION ALL
SELECT 'type', t.name,
       CASE t.typtype
           WHEN 'e' THEN (SELECT 'ENUM (' || string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) || ')'
                          FROM pg_enum e WHERE e.enumtypid = t.oid)
           WHEN 'd' THEN concat_ws(' ', 'DOMAIN OVER', format_type(t.typbasetype, t.typtypmod),
                                   (SELECT 'COLLATE ' || t.typcollation::regcollation FROM pg_type b
                                    WHERE b.oid = t.typbasetype AND b.typcollation <> t.typcollation),
                                   'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                                   (SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname)
                                    FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
           WHEN 'r' THEN (SELECT concat_ws(' ', 'RANGE OF', format_type(g.rngsubtype, NULL), 'COLLATE ' || nullif(g.rngcollation, 0)::regcollation,
                                          'SUBTYPE_OPCLASS ' || c.opcname, 'CANONICAL ' || nullif(g.rngcanonical, 0),
                                          'SUBTYPE_DIFF ' || nullif(g.rngsubdiff, 0), 'MULTIRANGE ' || format_type(g.rngmultitypid, NULL))
                         FROM pg_range g JOIN pg_opclass c ON c.oid = g.rngsubopc WHERE g.rngtypid = t.oid)
           ELSE (SELECT 'ROW (' || coalesce(string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                                                       'COLLATE ' || nullif(a.attcollation, y.typcollation)::regcollation), ', '
                                              ORDER BY a.attnum), '') || ')'
                 FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
       END || ' OWNER ' || pg_get_userbyid(t.typowner),
       NULL, NULL
FROM kind_of_type t

UNION ALL
SELECT 'function', p.name,
       CASE p.prokind
           WHEN 'a' THEN (SELECT concat_ws(' ', 'AGGREGATE SFUNC', g.aggtransfn, 'STYPE', format_type(g.aggtranstype, NULL), p.proparallel,
                                           (to_jsonb(g) - '{aggfnoid,aggtransfn,aggtranstype,aggmtranstype,aggsortop}'::text[])::text,
                                           'SORTOP ' || nullif(g.aggsortop, 0)::regoperator)
                          FROM pg_aggregate g WHERE g.aggfnoid = p.oid)
           ELSE pg_get_functiondef(p.oid)
       END || 'OWNER ' || pg_get_userbyid(p.proowner),
       NULL, NULL
FROM routine p

UNION ALL
SELECT 'trigger', r.name || '.' || g.tgname,
       pg_get_triggerdef(g.oid) || CASE g.tgenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' ENABLED REPLICA'
                                                    WHEN 'A' THEN ' ENABLED ALWAYS' ELSE '' END,
       r.kind, r.name
FROM pg_trigger g JOIN relation r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal AND g.tgparentid = 0
  /* and g.tgrelid of relations */

UNION ALL
SELECT 'rule', r.name || '.' || w.rulename, pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::text, r.kind, r.name
FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN' /* and w.ev_class of relations */

UNION ALL
SELECT 'policy', r.name || '.' || p.polname,
       concat_ws(' ', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, 'FOR',
                 CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                               ELSE 'ALL' END,
                 'TO', (SELECT string_agg(CASE one WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(one) END, ', '
                                         ORDER BY pg_get_userbyid(one))
                        FROM unnest(p.polroles) AS one),
                 'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                 'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
       r.kind, r.name
FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
WHERE true /* and p.polrelid of relations */

UNION ALL
SELECT 'privileges', p.kind || ' ' || p.name,
       (SELECT string_agg(grantee || ': ' || privileges, E'\n' ORDER BY grantee)
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS grantee,
                     string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', '
                                ORDER BY x.privilege_type) AS privileges
              FROM aclexplode(p.acl) x GROUP BY 1) AS granted),
       p.kind, p.name
FROM privilege p
WHERE p.acl IS NOT NULL
  AND (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(p.acl) x)
      IS DISTINCT FROM (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(acldefault(p.objtype, p.owner)) x)

UNION ALL
SELECT 'comment', k.kind || ' ' || k.name, d.description, k.kind, k.name
FROM pg_description d,
     LATERAL pg_identify_object_as_address(d.classoid, d.objoid, d.objsubid) AS o,
     LATERAL (SELECT CASE WHEN o.type LIKE '%column' THEN 'column'
                          WHEN o.type = 'table constraint' THEN 'constraint'
                          WHEN o.type IN ('procedure', 'aggregate') THEN 'function'
                          WHEN o.type IN ('composite type', 'domain') THEN 'type'
                          ELSE o.type END AS kind,
                     array_to_string(o.object_names, '.')
                     || CASE WHEN o.type IN ('function', 'procedure', 'aggregate') OR o.object_args <> '{}'
                             THEN '(' || array_to_string(o.object_args, ', ') || ')' ELSE '' END AS name) AS k
WHERE (d.objoid >= 16384 OR (d.classoid = 'pg_namespace'::regclass AND d.objoid IN (SELECT oid FROM space)))
  AND NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = d.classoid AND m.objid = d.objoid
                  AND (m.deptype = 'e' OR (m.deptype = 'i' AND m.classid IN ('pg_proc'::regclass, 'pg_cast'::regclass))))
  /* and d.objoid of described */

UNION ALL
SELECT 'statistics', n.nspname || '.' || x.stxname,
       concat_ws(' ', pg_get_statisticsobjdef(x.oid), 'STATISTICS ' || nullif(x.stxstattarget, -1)), r.kind, r.name
FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace JOIN relation r ON r.oid = x.stxrelid
WHERE true /* and x.stxrelid of relations */

-- others: kinds of which a database has few; they are read all, or not at all.
UNION ALL
SELECT 'extension', e.extname, format('SCHEMA %s VERSION %s', n.nspname, e.extversion), NULL, NULL
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'

UNION ALL
SELECT 'default privileges',
       concat_ws(' ', 'for', pg_get_userbyid(a.defaclrole), 'in ' || n.nspname, 'on',
                 CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                      WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END),
       (SELECT string_agg(grantee || ': ' || privileges, E'\n' ORDER BY grantee)
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS grantee,
                     string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', '
                                ORDER BY x.privilege_type) AS privileges
              FROM aclexplode(a.defaclacl) x GROUP BY 1) AS granted), NULL, NULL
FROM pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace

UNION ALL
SELECT 'publication', p.pubname,
       concat_ws(E'\n', (to_jsonb(p) - '{oid,pubname,pubowner}'::text[])::text,
                 -- without a list of columns, all columns are told, which the table tells already
                 (SELECT string_agg((to_jsonb(t) - 'pubname' - CASE WHEN EXISTS (
                                         SELECT FROM pg_publication_rel x JOIN pg_class c ON c.oid = x.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                                         WHERE x.prpubid = p.oid AND n.nspname = t.schemaname AND c.relname = t.tablename AND to_jsonb(x) ->> 'prattrs' IS NOT NULL)
                                     THEN '' ELSE 'attnames' END)::text, E'\n' ORDER BY t.schemaname, t.tablename)
                  FROM pg_publication_tables t WHERE t.pubname = p.pubname AND NOT p.puballtables),
                 'OWNER ' || pg_get_userbyid(p.pubowner)),
       NULL, NULL
FROM pg_publication p

UNION ALL
SELECT 'event trigger', e.evtname, concat_ws(' ', 'ON', e.evtevent, e.evtenabled, 'WHEN TAG IN (' || array_to_string(e.evttags, ', ') || ')',
                                           'EXECUTE', e.evtfoid::regprocedure), NULL, NULL
FROM pg_event_trigger e WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_event_trigger'::regclass AND m.objid = e.oid AND m.deptype = 'e')

UNION ALL
SELECT 'operator', replace(o.oid::regoperator::text, ',', ', '),
       concat_ws(' ', 'FUNCTION', o.oprcode, 'COMMUTATOR ' || nullif(o.oprcom, 0)::regoperator,
                 'NEGATOR ' || nullif(o.oprnegate, 0)::regoperator, 'RESTRICT ' || nullif(o.oprrest, 0), 'JOIN ' || nullif(o.oprjoin, 0),
                 CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END,
                 'OWNER ' || pg_get_userbyid(o.oprowner)), NULL, NULL
FROM pg_operator o JOIN space s ON s.oid = o.oprnamespace
WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_operator'::regclass AND m.objid = o.oid AND m.deptype = 'e')

UNION ALL
SELECT 'cast', format('%s as %s', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)),
       format('%s %s %s', c.castmethod, c.castcontext, nullif(c.castfunc, 0)::regprocedure), NULL, NULL
FROM pg_cast c
WHERE c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_cast'::regclass AND m.objid = c.oid AND m.deptype IN ('e', 'i'))

UNION ALL
SELECT 'collation', s.nspname || '.' || l.collname,
       (to_jsonb(l) - '{oid,collname,collnamespace,collowner,collversion}'::text[])::text,
       NULL, NULL
FROM pg_collation l JOIN space s ON s.oid = l.collnamespace
WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_collation'::regclass AND m.objid = l.oid AND m.deptype = 'e')

UNION ALL
SELECT 'text search configuration', s.nspname || '.' || f.cfgname,
       (SELECT string_agg(format('%s %s', m.maptokentype, m.mapdict::regdictionary), ', ' ORDER BY m.maptokentype, m.mapseqno)
        FROM pg_ts_config_map m WHERE m.mapcfg = f.oid), NULL, NULL
FROM pg_ts_config f JOIN space s ON s.oid = f.cfgnamespace
WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_ts_config'::regclass AND m.objid = f.oid AND m.deptype = 'e')

UNION ALL
SELECT 'server', s.srvname, 
       concat_ws(' ', w.fdwname, s.srvtype, s.srvversion, (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(s.srvoptions) o),
                 'OWNER ' || pg_get_userbyid(s.srvowner)), NULL, NULL
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_foreign_server'::regclass AND m.objid = s.oid AND m.deptype = 'e')

UNION ALL
SELECT 'user mapping', u.srvname || ' for ' || u.usename, (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(u.umoptions) o),
       'server', u.srvname
FROM pg_user_mappings u

UNION ALL
SELECT 'operator class', format('%s.%s using %s', s.nspname, c.opcname, m.amname),
       concat_ws(' ', CASE WHEN c.opcdefault THEN 'DEFAULT' END, 'FOR TYPE', format_type(c.opcintype, NULL),
                 'STORAGE ' || format_type(nullif(c.opckeytype, 0), NULL),
                 (SELECT 'FAMILY ' || f.opfname FROM pg_opfamily f WHERE f.oid = c.opcfamily)), NULL, NULL
FROM pg_opclass c JOIN space s ON s.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_opclass'::regclass AND m.objid = c.oid AND m.deptype = 'e')

UNION ALL
SELECT 'operator family', format('%s.%s using %s', s.nspname, f.opfname, m.amname),
       concat_ws(', ', (SELECT string_agg(format('OPERATOR %s %s', o.amopstrategy, o.amopopr::regoperator), ', '
                                          ORDER BY o.amopstrategy, o.amopopr::regoperator::text)
                        FROM pg_amop o WHERE o.amopfamily = f.oid),
                 (SELECT string_agg(format('FUNCTION %s %s', p.amprocnum, p.amproc::regprocedure), ', '
                                    ORDER BY p.amprocnum, p.amproc::regprocedure::text)
                  FROM pg_amproc p WHERE p.amprocfamily = f.oid)), NULL, NULL
FROM pg_opfamily f JOIN space s ON s.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_opfamily'::regclass AND m.objid = f.oid AND m.deptype = 'e')

UNION ALL
SELECT 'text search dictionary', s.nspname || '.' || d.dictname, concat_ws(' ', (SELECT t.tmplname FROM pg_ts_template t WHERE t.oid = d.dicttemplate), d.dictinitoption), NULL, NULL
FROM pg_ts_dict d JOIN space s ON s.oid = d.dictnamespace
WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_ts_dict'::regclass AND m.objid = d.oid AND m.deptype = 'e')

UNION ALL
SELECT 'foreign data wrapper', w.fdwname,
       concat_ws(' ', 'HANDLER ' || nullif(w.fdwhandler, 0)::regproc, 'VALIDATOR ' || nullif(w.fdwvalidator, 0)::regproc,
                 (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(w.fdwoptions) o)), NULL, NULL
FROM pg_foreign_data_wrapper w
WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_foreign_data_wrapper'::regclass AND m.objid = w.oid AND m.deptype = 'e')
