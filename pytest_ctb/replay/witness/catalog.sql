-- Every object of a database, in words that are the same for equal objects: kind, name, definition, and the kind and
-- name of the object that it goes with (a column's table). Left out is what Postgres and its extensions bring
-- themselves, and what another row tells already: the index of a constraint, a partition's copy of its parent's trigger.
-- Runs with an empty search_path, so that every name that Postgres prints has its schema. For Postgres 14 and later.
-- The marks /* and … of … */ become conditions where only some objects are asked for, listed in arrays; then nothing may
-- cost more because there are many others: every look into a catalog goes by an index, from the chosen ones.
WITH space AS (
    SELECT oid, nspname, nspowner, nspacl
    FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND m.objid = pg_namespace.oid AND m.deptype = 'e')
), relation AS (
    SELECT c.*, s.nspname || '.' || c.relname AS name,
           CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view'
                          WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type'
                          ELSE 'index' END AS kind
    FROM pg_catalog.pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.oid AND m.deptype = 'e') /* and c.oid of relations */
), routine AS (
    SELECT p.*, s.nspname || '.' || p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' AS name
    FROM pg_catalog.pg_proc p JOIN space s ON s.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = p.oid AND m.deptype IN ('e', 'i')) /* and p.oid of routines */ -- 'i': a range type's own
), kind_of_type AS (
    SELECT t.*, s.nspname || '.' || t.typname AS name
    FROM pg_catalog.pg_type t JOIN space s ON s.oid = t.typnamespace
    WHERE (t.typtype IN ('e', 'd', 'r', 'c') OR (t.typtype = 'b' AND t.typcategory <> 'A')) AND (t.typrelid = 0 OR t.typrelid IN (SELECT oid FROM relation WHERE relkind = 'c'))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND m.objid = t.oid AND m.deptype = 'e') /* and t.oid of types */
), privilege AS (
    SELECT 'schema' AS kind, nspname AS name, nspowner AS owner, nspacl AS acl, 'n'::pg_catalog."char" AS objtype FROM space WHERE true /* and oid of spaces */
    UNION ALL
    SELECT kind, name, relowner, relacl, CASE relkind WHEN 'S' THEN 's'::pg_catalog."char" ELSE 'r'::pg_catalog."char" END FROM relation
    UNION ALL
    SELECT 'column', r.name || '.' || a.attname, r.relowner, a.attacl, 'c'::pg_catalog."char"
    FROM pg_catalog.pg_attribute a JOIN relation r ON r.oid = a.attrelid WHERE a.attacl IS NOT NULL
    UNION ALL
    SELECT 'function', name, proowner, proacl, 'f'::pg_catalog."char" FROM routine
    UNION ALL
    SELECT 'type', name, typowner, typacl, 'T'::pg_catalog."char" FROM kind_of_type
    UNION ALL
    SELECT 'server', srvname, srvowner, srvacl, 'S'::pg_catalog."char" FROM pg_catalog.pg_foreign_server WHERE true /* and false */
    UNION ALL
    SELECT 'foreign data wrapper', fdwname, fdwowner, fdwacl, 'F'::pg_catalog."char" FROM pg_catalog.pg_foreign_data_wrapper WHERE true /* and false */
    UNION ALL
    SELECT 'language', lanname, lanowner, lanacl, 'l'::pg_catalog."char" FROM pg_catalog.pg_language WHERE true /* and false */
)


SELECT 'schema' AS kind, nspname::pg_catalog.text AS name, 'OWNER ' || pg_catalog.pg_get_userbyid(nspowner) AS definition,
       NULL AS of_kind, NULL AS of_name
FROM space WHERE true /* and oid of spaces */

UNION ALL
SELECT r.kind, r.name,
       pg_catalog.concat_ws(' ',
           CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' END,
           'OWNER ' || pg_catalog.pg_get_userbyid(r.relowner),
           'OF ' || nullif(r.reloftype, 0)::pg_catalog.regtype,
           'PARTITION BY ' || pg_catalog.pg_get_partkeydef(r.oid),
           (SELECT CASE WHEN r.relispartition THEN 'PARTITION OF ' ELSE 'INHERITS ' END
                   || pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::pg_catalog.text, ', ' ORDER BY i.inhseqno)
            FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid),
           pg_catalog.pg_get_expr(r.relpartbound, r.oid),
           'USING ' || (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = r.relam AND m.amname <> 'heap'),
           'WITH (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(r.reloptions) o) || ')',
           'TOAST (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.pg_class x, pg_catalog.unnest(x.reloptions) o WHERE x.oid = r.reltoastrelid) || ')',
           'TABLESPACE ' || (SELECT t.spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = r.reltablespace),
           CASE WHEN r.relrowsecurity THEN 'ROW LEVEL SECURITY' END,
           CASE WHEN r.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END,
           CASE r.relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' END,
           (SELECT 'REPLICA IDENTITY USING INDEX ' || i.indexrelid::pg_catalog.regclass FROM pg_catalog.pg_index i WHERE i.indrelid = r.oid AND i.indisreplident),
           (SELECT 'CLUSTER ON ' || i.indexrelid::pg_catalog.regclass FROM pg_catalog.pg_index i WHERE i.indrelid = r.oid AND i.indisclustered),
           (SELECT pg_catalog.concat_ws(' ', 'SERVER', s.srvname,
                             'OPTIONS (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(f.ftoptions) o) || ')')
            FROM pg_catalog.pg_foreign_table f JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = r.oid)),
       NULL, NULL
FROM relation r WHERE r.relkind IN ('r', 'p', 'f')

UNION ALL
SELECT 'column', r.name || '.' || a.attname,
       pg_catalog.concat_ws(' ',
           pg_catalog.format_type(a.atttypid, a.atttypmod),
           (SELECT 'COLLATE ' || l.oid::pg_catalog.regcollation FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation),
           CASE WHEN a.attnotnull THEN 'NOT NULL' END,
           CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY' END,
           CASE a.attgenerated WHEN '' THEN 'DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                               WHEN 's' THEN 'GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') STORED'
                               ELSE 'GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') VIRTUAL' END,
           (SELECT 'STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                                                   ELSE 'EXTENDED' END
            FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid AND t.typstorage <> a.attstorage),
           CASE a.attcompression WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END,
           'STATISTICS ' || nullif(a.attstattarget, -1),
           -- From 15.20 on Postgres notes a number of its own there (pg_attver), another one in every database.
           'WITH (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(a.attoptions) o WHERE o !~ '^pg_') || ')',
           'OPTIONS (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(a.attfdwoptions) o) || ')'),
       r.kind, r.name
FROM relation r
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f') OR (r.relkind = 'v' AND d.oid IS NOT NULL)
   OR (r.relkind = 'm' AND (a.attstattarget >= 0 OR a.attcompression <> '' OR a.attoptions IS NOT NULL
       OR a.attstorage <> (SELECT t.typstorage FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid)))

UNION ALL
SELECT 'column order', r.name, pg_catalog.string_agg(a.attname, ', ' ORDER BY a.attnum), r.kind, r.name
FROM relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE r.relkind IN ('r', 'p', 'f') GROUP BY r.kind, r.name

UNION ALL
SELECT 'declared columns', r.name, pg_catalog.string_agg(a.attname, ', ' ORDER BY a.attname), r.kind, r.name -- besides being inherited
FROM relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE NOT r.relispartition AND a.attislocal AND a.attinhcount > 0 GROUP BY r.kind, r.name

UNION ALL
SELECT 'constraint', r.name || '.' || k.conname, pg_catalog.pg_get_constraintdef(k.oid)
           || coalesce(' WITH (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.pg_class x, pg_catalog.unnest(x.reloptions) o
                                     WHERE x.oid = k.conindid AND k.contype IN ('p', 'u', 'x')) || ')', '')
           || CASE WHEN k.contype = 'f' AND EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled = 'D')
                   THEN ' WITH ITS TRIGGERS DISABLED' ELSE '' END,
       r.kind, r.name
FROM pg_catalog.pg_constraint k JOIN relation r ON r.oid = k.conrelid
WHERE ((k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conislocal AND k.conparentid = 0)
       OR (k.contype IN ('p', 'u', 'x') AND k.conparentid <> 0)
       -- the column tells that it is NOT NULL; here stands what else there is to say of it
       OR (k.contype = 'n' AND k.conislocal AND (NOT k.convalidated OR k.connoinherit OR k.conname <> r.relname || '_' || (
               SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attnum = k.conkey[1]) || '_not_null')))
  /* and k.conrelid of relations */

UNION ALL
SELECT 'index', r.name,
       pg_catalog.concat_ws(' ', pg_catalog.pg_get_indexdef(r.oid),
                 'TABLESPACE ' || (SELECT t.spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = r.reltablespace),
                 CASE WHEN NOT i.indisvalid THEN 'INVALID' END,
                 (SELECT pg_catalog.string_agg(pg_catalog.format('ALTER COLUMN %s SET STATISTICS %s', a.attnum, a.attstattarget), ', ' ORDER BY a.attnum)
                  FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attstattarget >= 0)),
       t.kind, t.name
FROM relation r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid JOIN relation t ON t.oid = i.indrelid
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = i.indrelid AND k.conindid = r.oid
                  AND k.contype IN ('p', 'u', 'x'))

UNION ALL
SELECT 'attachment', 'index ' || r.name, 'TO ' || h.inhparent::pg_catalog.regclass, t.kind, t.name
FROM relation r JOIN pg_catalog.pg_inherits h ON h.inhrelid = r.oid JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
JOIN relation t ON t.oid = i.indrelid

UNION ALL
SELECT 'dependency', d.kind || ' ' || d.name,
       'ON EXTENSION ' || (SELECT pg_catalog.string_agg(e.extname, ', ' ORDER BY e.extname) FROM pg_catalog.pg_extension e WHERE e.oid = ANY (d.extensions)),
       d.kind, d.name
FROM (SELECT r.kind, r.name, ARRAY(SELECT x.refobjid FROM pg_catalog.pg_depend x
             WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = r.oid AND x.deptype = 'x') AS extensions
      FROM relation r WHERE r.relkind IN ('i', 'I', 'm')
      UNION ALL
      SELECT 'function', p.name, ARRAY(SELECT x.refobjid FROM pg_catalog.pg_depend x
             WHERE x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND x.objid = p.oid AND x.deptype = 'x')
      FROM routine p
      UNION ALL
      SELECT 'trigger', r.name || '.' || g.tgname, ARRAY(SELECT x.refobjid FROM pg_catalog.pg_depend x
             WHERE x.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND x.objid = g.oid AND x.deptype = 'x')
      FROM pg_catalog.pg_trigger g JOIN relation r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal /* and g.tgrelid of relations */) AS d
WHERE d.extensions <> '{}'

UNION ALL
SELECT r.kind, r.name,
       pg_catalog.concat_ws(' ', 'OWNER ' || pg_catalog.pg_get_userbyid(r.relowner),
                 'WITH (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(r.reloptions) o) || ')',
                 'USING ' || (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = r.relam AND m.amname <> 'heap'),
                 'TOAST (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.pg_class x, pg_catalog.unnest(x.reloptions) o WHERE x.oid = r.reltoastrelid) || ')',
                 'TABLESPACE ' || (SELECT t.spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = r.reltablespace),
                 (SELECT 'CLUSTER ON ' || i.indexrelid::pg_catalog.regclass FROM pg_catalog.pg_index i WHERE i.indrelid = r.oid AND i.indisclustered),
                 CASE WHEN NOT r.relispopulated THEN 'WITH NO DATA' END, E'AS\n' || pg_catalog.pg_get_viewdef(r.oid)),
       NULL, NULL
FROM relation r WHERE r.relkind IN ('v', 'm')

UNION ALL
SELECT 'sequence', r.name,
       pg_catalog.concat_ws(' ', CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' END, 'OWNER ' || pg_catalog.pg_get_userbyid(r.relowner),
                 'AS ' || pg_catalog.format_type(q.seqtypid, NULL), 'START ' || q.seqstart, 'INCREMENT ' || q.seqincrement,
                 'MINVALUE ' || q.seqmin, 'MAXVALUE ' || q.seqmax, 'CACHE ' || q.seqcache,
                 CASE WHEN q.seqcycle THEN 'CYCLE' END, 'OWNED BY ' || n.nspname || '.' || t.relname || '.' || a.attname),
       CASE WHEN t.relkind = 'f' THEN 'foreign table' WHEN t.oid IS NOT NULL THEN 'table' END, n.nspname || '.' || t.relname
FROM relation r JOIN pg_catalog.pg_sequence q ON q.seqrelid = r.oid
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')
                     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid

UNION ALL
SELECT 'type', t.name,
       CASE t.typtype
           WHEN 'e' THEN (SELECT 'ENUM (' || pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) || ')'
                          FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)
           WHEN 'd' THEN pg_catalog.concat_ws(' ', 'DOMAIN OVER', pg_catalog.format_type(t.typbasetype, t.typtypmod),
                                   (SELECT 'COLLATE ' || t.typcollation::pg_catalog.regcollation FROM pg_catalog.pg_type b
                                    WHERE b.oid = t.typbasetype AND b.typcollation <> t.typcollation),
                                   'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                                   (SELECT pg_catalog.string_agg(pg_catalog.format('CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname)
                                    FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
           WHEN 'r' THEN (SELECT pg_catalog.concat_ws(' ', 'RANGE OF', pg_catalog.format_type(g.rngsubtype, NULL), 'COLLATE ' || nullif(g.rngcollation, 0)::pg_catalog.regcollation,
                                          'SUBTYPE_OPCLASS ' || c.opcname, 'CANONICAL ' || nullif(g.rngcanonical, 0),
                                          'SUBTYPE_DIFF ' || nullif(g.rngsubdiff, 0), 'MULTIRANGE ' || pg_catalog.format_type(g.rngmultitypid, NULL))
                         FROM pg_catalog.pg_range g JOIN pg_catalog.pg_opclass c ON c.oid = g.rngsubopc WHERE g.rngtypid = t.oid)
           WHEN 'b' THEN (pg_catalog.to_jsonb(t) - '{oid,name,typname,typnamespace,typowner,typarray,typacl}'::pg_catalog.text[])::pg_catalog.text
           ELSE (SELECT 'ROW (' || coalesce(pg_catalog.string_agg(pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
                                                       'COLLATE ' || nullif(a.attcollation, y.typcollation)::pg_catalog.regcollation), ', '
                                              ORDER BY a.attnum), '') || ')'
                 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
       END || ' OWNER ' || pg_catalog.pg_get_userbyid(t.typowner),
       NULL, NULL
FROM kind_of_type t

UNION ALL
SELECT 'function', p.name,
       CASE p.prokind
           WHEN 'a' THEN (SELECT pg_catalog.concat_ws(' ', 'AGGREGATE SFUNC', g.aggtransfn, 'STYPE', pg_catalog.format_type(g.aggtranstype, NULL), p.proparallel,
                                           (pg_catalog.to_jsonb(g) - '{aggfnoid,aggtransfn,aggtranstype,aggmtranstype,aggsortop}'::pg_catalog.text[])::pg_catalog.text,
                                           'SORTOP ' || nullif(g.aggsortop, 0)::pg_catalog.regoperator)
                          FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid = p.oid)
           ELSE pg_catalog.pg_get_functiondef(p.oid)
       END || 'OWNER ' || pg_catalog.pg_get_userbyid(p.proowner),
       NULL, NULL
FROM routine p

UNION ALL
SELECT 'trigger', r.name || '.' || g.tgname,
       CASE g.tgparentid WHEN 0 THEN pg_catalog.pg_get_triggerdef(g.oid) ELSE 'THAT OF THE PARTITIONED TABLE' END
           || CASE g.tgenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' ENABLED REPLICA' WHEN 'A' THEN ' ENABLED ALWAYS' ELSE '' END,
       r.kind, r.name
FROM pg_catalog.pg_trigger g JOIN relation r ON r.oid = g.tgrelid
WHERE NOT g.tgisinternal AND (g.tgparentid = 0 OR g.tgenabled <> (SELECT p.tgenabled FROM pg_catalog.pg_trigger p WHERE p.oid = g.tgparentid))
  /* and g.tgrelid of relations */

UNION ALL
SELECT 'rule', r.name || '.' || w.rulename, pg_catalog.pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::pg_catalog.text, r.kind, r.name
FROM pg_catalog.pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN' /* and w.ev_class of relations */

UNION ALL
SELECT 'policy', r.name || '.' || p.polname,
       pg_catalog.concat_ws(' ', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, 'FOR',
                 CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                               ELSE 'ALL' END,
                 'TO', (SELECT pg_catalog.string_agg(CASE one WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(one) END, ', '
                                         ORDER BY pg_catalog.pg_get_userbyid(one))
                        FROM pg_catalog.unnest(p.polroles) AS one),
                 'USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
                 'WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
       r.kind, r.name
FROM pg_catalog.pg_policy p JOIN relation r ON r.oid = p.polrelid
WHERE true /* and p.polrelid of relations */

UNION ALL
SELECT 'privileges', p.kind || ' ' || p.name,
       (SELECT pg_catalog.string_agg(grantee || ': ' || privileges, E'\n' ORDER BY grantee)
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(x.grantee) END
                     || CASE x.grantor WHEN p.owner THEN '' ELSE ' by ' || pg_catalog.pg_get_userbyid(x.grantor) END AS grantee,
                     pg_catalog.string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', '
                                ORDER BY x.privilege_type) AS privileges
              FROM pg_catalog.aclexplode(p.acl) x GROUP BY 1) AS granted),
       p.kind, p.name
FROM privilege p
WHERE p.acl IS NOT NULL
  AND (SELECT pg_catalog.array_agg(x::pg_catalog.text ORDER BY x::pg_catalog.text) FROM pg_catalog.unnest(p.acl) x)
      IS DISTINCT FROM (SELECT pg_catalog.array_agg(x::pg_catalog.text ORDER BY x::pg_catalog.text) FROM pg_catalog.unnest(pg_catalog.acldefault(p.objtype, p.owner)) x)

UNION ALL
SELECT 'comment', k.kind || ' ' || k.name, d.description, k.kind, k.name
FROM pg_catalog.pg_description d,
     LATERAL pg_catalog.pg_identify_object_as_address(d.classoid, d.objoid, d.objsubid) AS o,
     LATERAL (SELECT CASE WHEN o.type LIKE '%column' THEN 'column'
                          WHEN o.type = 'table constraint' THEN 'constraint'
                          WHEN o.type IN ('procedure', 'aggregate') THEN 'function'
                          WHEN o.type IN ('composite type', 'domain') THEN 'type'
                          WHEN o.type = 'statistics object' THEN 'statistics'
                          ELSE o.type END AS kind,
                     pg_catalog.array_to_string(o.object_names, '.')
                     || CASE WHEN o.type IN ('function', 'procedure', 'aggregate') OR o.object_args <> '{}'
                             THEN '(' || pg_catalog.array_to_string(o.object_args, ', ') || ')' ELSE '' END AS name) AS k
WHERE (d.objoid >= 16384 OR (d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objoid IN (SELECT oid FROM space)))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = d.classoid AND m.objid = d.objoid
                  AND (m.deptype = 'e' OR (m.deptype = 'i' AND m.classid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_cast'::pg_catalog.regclass))))
  /* and d.objoid of described */

UNION ALL
SELECT 'statistics', n.nspname || '.' || x.stxname,
       pg_catalog.concat_ws(' ', pg_catalog.pg_get_statisticsobjdef(x.oid), 'STATISTICS ' || nullif(x.stxstattarget, -1),
                 'OWNER ' || pg_catalog.pg_get_userbyid(x.stxowner)), r.kind, r.name
FROM pg_catalog.pg_statistic_ext x JOIN pg_catalog.pg_namespace n ON n.oid = x.stxnamespace JOIN relation r ON r.oid = x.stxrelid
WHERE true /* and x.stxrelid of relations */

-- others: kinds of which a database has few; they are read all, or not at all.
UNION ALL
SELECT 'extension', e.extname, pg_catalog.format('SCHEMA %s VERSION %s', n.nspname, e.extversion), NULL, NULL
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'

UNION ALL
SELECT 'default privileges',
       pg_catalog.concat_ws(' ', 'for', pg_catalog.pg_get_userbyid(a.defaclrole), 'in ' || n.nspname, 'on',
                 CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                      WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END),
       (SELECT pg_catalog.string_agg(grantee || ': ' || privileges, E'\n' ORDER BY grantee)
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(x.grantee) END AS grantee,
                     pg_catalog.string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', '
                                ORDER BY x.privilege_type) AS privileges
              FROM pg_catalog.aclexplode(a.defaclacl) x GROUP BY 1) AS granted), NULL, NULL
FROM pg_catalog.pg_default_acl a LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace

UNION ALL
SELECT 'publication', p.pubname,
       pg_catalog.concat_ws(E'\n', (pg_catalog.to_jsonb(p) - '{oid,pubname,pubowner}'::pg_catalog.text[])::pg_catalog.text,
                 -- without a list of columns, all columns are told, which the table tells already
                 (SELECT pg_catalog.string_agg((pg_catalog.to_jsonb(t) - 'pubname' - CASE WHEN EXISTS (
                                         SELECT FROM pg_catalog.pg_publication_rel x JOIN pg_catalog.pg_class c ON c.oid = x.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                                         WHERE x.prpubid = p.oid AND n.nspname = t.schemaname AND c.relname = t.tablename AND pg_catalog.to_jsonb(x) ->> 'prattrs' IS NOT NULL)
                                     THEN '' ELSE 'attnames' END)::pg_catalog.text, E'\n' ORDER BY t.schemaname, t.tablename)
                  FROM pg_catalog.pg_publication_tables t WHERE t.pubname = p.pubname AND NOT p.puballtables),
                 /* from 15: (SELECT 'TABLES IN SCHEMA ' || pg_catalog.string_agg(n.nspname, ', ' ORDER BY n.nspname)
                  FROM pg_catalog.pg_publication_namespace s JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid), */
                 'OWNER ' || pg_catalog.pg_get_userbyid(p.pubowner)),
       NULL, NULL
FROM pg_catalog.pg_publication p

UNION ALL
SELECT 'operator', pg_catalog.replace(o.oid::pg_catalog.regoperator::pg_catalog.text, ',', ', '),
       pg_catalog.concat_ws(' ', 'FUNCTION', o.oprcode, 'COMMUTATOR ' || nullif(o.oprcom, 0)::pg_catalog.regoperator,
                 'NEGATOR ' || nullif(o.oprnegate, 0)::pg_catalog.regoperator, 'RESTRICT ' || nullif(o.oprrest, 0), 'JOIN ' || nullif(o.oprjoin, 0),
                 CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END,
                 'OWNER ' || pg_catalog.pg_get_userbyid(o.oprowner)), NULL, NULL
FROM pg_catalog.pg_operator o JOIN space s ON s.oid = o.oprnamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND m.objid = o.oid AND m.deptype = 'e')

UNION ALL
SELECT 'cast', pg_catalog.format('%s as %s', pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL)),
       pg_catalog.format('%s %s %s', c.castmethod, c.castcontext, nullif(c.castfunc, 0)::pg_catalog.regprocedure), NULL, NULL
FROM pg_catalog.pg_cast c
WHERE c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND m.objid = c.oid AND m.deptype IN ('e', 'i'))

UNION ALL
SELECT 'collation', s.nspname || '.' || l.collname,
       pg_catalog.concat_ws(E'\n', (pg_catalog.to_jsonb(l) - '{oid,collname,collnamespace,collowner,collversion}'::pg_catalog.text[])::pg_catalog.text,
                 'OWNER ' || pg_catalog.pg_get_userbyid(l.collowner)),
       NULL, NULL
FROM pg_catalog.pg_collation l JOIN space s ON s.oid = l.collnamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_collation'::pg_catalog.regclass AND m.objid = l.oid AND m.deptype = 'e')

UNION ALL
SELECT 'text search configuration', s.nspname || '.' || f.cfgname,
       pg_catalog.concat_ws(' ', (SELECT pg_catalog.string_agg(pg_catalog.format('%s %s', m.maptokentype, m.mapdict::pg_catalog.regdictionary), ', ' ORDER BY m.maptokentype, m.mapseqno)
                       FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = f.oid),
                 (SELECT 'PARSER ' || nullif(p.prsname, 'default') FROM pg_catalog.pg_ts_parser p WHERE p.oid = f.cfgparser),
                 'OWNER ' || pg_catalog.pg_get_userbyid(f.cfgowner)), NULL, NULL
FROM pg_catalog.pg_ts_config f JOIN space s ON s.oid = f.cfgnamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_ts_config'::pg_catalog.regclass AND m.objid = f.oid AND m.deptype = 'e')

UNION ALL
SELECT 'server', s.srvname, 
       pg_catalog.concat_ws(' ', w.fdwname, s.srvtype, s.srvversion, (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(s.srvoptions) o),
                 'OWNER ' || pg_catalog.pg_get_userbyid(s.srvowner)), NULL, NULL
FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass AND m.objid = s.oid AND m.deptype = 'e')

UNION ALL
SELECT 'user mapping', u.srvname || ' for ' || u.usename, (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(u.umoptions) o),
       'server', u.srvname
FROM pg_catalog.pg_user_mappings u

UNION ALL
SELECT 'operator class', pg_catalog.format('%s.%s using %s', s.nspname, c.opcname, m.amname),
       pg_catalog.concat_ws(' ', CASE WHEN c.opcdefault THEN 'DEFAULT' END, 'FOR TYPE', pg_catalog.format_type(c.opcintype, NULL),
                 'STORAGE ' || pg_catalog.format_type(nullif(c.opckeytype, 0), NULL),
                 (SELECT 'FAMILY ' || f.opfname FROM pg_catalog.pg_opfamily f WHERE f.oid = c.opcfamily),
                 'OWNER ' || pg_catalog.pg_get_userbyid(c.opcowner)), NULL, NULL
FROM pg_catalog.pg_opclass c JOIN space s ON s.oid = c.opcnamespace JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND m.objid = c.oid AND m.deptype = 'e')

UNION ALL
SELECT 'operator family', pg_catalog.format('%s.%s using %s', s.nspname, f.opfname, m.amname),
       pg_catalog.concat_ws(' ', (SELECT pg_catalog.string_agg(pg_catalog.format('OPERATOR %s %s', o.amopstrategy, o.amopopr::pg_catalog.regoperator)
                                                           || coalesce((SELECT ' FOR ORDER BY ' || s.opfname FROM pg_catalog.pg_opfamily s WHERE s.oid = o.amopsortfamily), ''), ', '
                                          ORDER BY o.amopstrategy, o.amopopr::pg_catalog.regoperator::pg_catalog.text)
                        FROM pg_catalog.pg_amop o WHERE o.amopfamily = f.oid),
                 (SELECT pg_catalog.string_agg(pg_catalog.format('FUNCTION %s %s', p.amprocnum, p.amproc::pg_catalog.regprocedure), ', '
                                    ORDER BY p.amprocnum, p.amproc::pg_catalog.regprocedure::pg_catalog.text)
                  FROM pg_catalog.pg_amproc p WHERE p.amprocfamily = f.oid),
                 'OWNER ' || pg_catalog.pg_get_userbyid(f.opfowner)), NULL, NULL
FROM pg_catalog.pg_opfamily f JOIN space s ON s.oid = f.opfnamespace JOIN pg_catalog.pg_am m ON m.oid = f.opfmethod
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND m.objid = f.oid AND m.deptype = 'e')

UNION ALL
SELECT 'text search dictionary', s.nspname || '.' || d.dictname, pg_catalog.concat_ws(' ', (SELECT t.tmplname FROM pg_catalog.pg_ts_template t WHERE t.oid = d.dicttemplate), d.dictinitoption,
                 'OWNER ' || pg_catalog.pg_get_userbyid(d.dictowner)), NULL, NULL
FROM pg_catalog.pg_ts_dict d JOIN space s ON s.oid = d.dictnamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_ts_dict'::pg_catalog.regclass AND m.objid = d.oid AND m.deptype = 'e')

UNION ALL
SELECT 'foreign data wrapper', w.fdwname,
       pg_catalog.concat_ws(' ', 'HANDLER ' || nullif(w.fdwhandler, 0)::pg_catalog.regproc, 'VALIDATOR ' || nullif(w.fdwvalidator, 0)::pg_catalog.regproc,
                 (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(w.fdwoptions) o),
                 'OWNER ' || pg_catalog.pg_get_userbyid(w.fdwowner)), NULL, NULL
FROM pg_catalog.pg_foreign_data_wrapper w
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AND m.objid = w.oid AND m.deptype = 'e')

UNION ALL
SELECT 'conversion', s.nspname || '.' || c.conname,
       pg_catalog.concat_ws(' ', CASE WHEN c.condefault THEN 'DEFAULT' END, 'FOR', pg_catalog.pg_encoding_to_char(c.conforencoding), 'TO',
                 pg_catalog.pg_encoding_to_char(c.contoencoding), 'FROM', c.conproc, 'OWNER ' || pg_catalog.pg_get_userbyid(c.conowner)), NULL, NULL
FROM pg_catalog.pg_conversion c JOIN space s ON s.oid = c.connamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_conversion'::pg_catalog.regclass AND m.objid = c.oid AND m.deptype = 'e')

UNION ALL
SELECT 'language', l.lanname,
       pg_catalog.concat_ws(' ', CASE WHEN l.lanpltrusted THEN 'TRUSTED' END, 'HANDLER ' || nullif(l.lanplcallfoid, 0)::pg_catalog.regproc,
                 'INLINE ' || nullif(l.laninline, 0)::pg_catalog.regproc, 'VALIDATOR ' || nullif(l.lanvalidator, 0)::pg_catalog.regproc,
                 'OWNER ' || pg_catalog.pg_get_userbyid(l.lanowner)), NULL, NULL
FROM pg_catalog.pg_language l
WHERE l.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_language'::pg_catalog.regclass AND m.objid = l.oid AND m.deptype = 'e')

UNION ALL
SELECT 'transform', pg_catalog.format('%s in %s', pg_catalog.format_type(t.trftype, NULL), l.lanname),
       pg_catalog.concat_ws(' ', 'FROM SQL ' || nullif(t.trffromsql, 0)::pg_catalog.regprocedure, 'TO SQL ' || nullif(t.trftosql, 0)::pg_catalog.regprocedure), NULL, NULL
FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = t.trflang
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_transform'::pg_catalog.regclass AND m.objid = t.oid AND m.deptype = 'e')

UNION ALL
SELECT 'access method', a.amname, pg_catalog.concat_ws(' ', a.amtype, 'HANDLER', a.amhandler), NULL, NULL
FROM pg_catalog.pg_am a
WHERE a.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_am'::pg_catalog.regclass AND m.objid = a.oid AND m.deptype = 'e')

UNION ALL
SELECT 'text search parser', s.nspname || '.' || p.prsname, pg_catalog.concat_ws(' ', p.prsstart, p.prstoken, p.prsend, p.prslextype, p.prsheadline), NULL, NULL
FROM pg_catalog.pg_ts_parser p JOIN space s ON s.oid = p.prsnamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_ts_parser'::pg_catalog.regclass AND m.objid = p.oid AND m.deptype = 'e')

UNION ALL
SELECT 'text search template', s.nspname || '.' || x.tmplname, pg_catalog.concat_ws(' ', x.tmplinit, x.tmpllexize), NULL, NULL
FROM pg_catalog.pg_ts_template x JOIN space s ON s.oid = x.tmplnamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_ts_template'::pg_catalog.regclass AND m.objid = x.oid AND m.deptype = 'e')

-- unheard: what no event trigger hears of; the rest of that stands in cluster.sql.
UNION ALL
SELECT 'event trigger', e.evtname, pg_catalog.concat_ws(' ', 'ON', e.evtevent, e.evtenabled, 'WHEN TAG IN (' || pg_catalog.array_to_string(e.evttags, ', ') || ')',
                                           'EXECUTE', e.evtfoid::pg_catalog.regprocedure, 'OWNER ' || pg_catalog.pg_get_userbyid(e.evtowner)), NULL, NULL
FROM pg_catalog.pg_event_trigger e WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND m.objid = e.oid AND m.deptype = 'e')
