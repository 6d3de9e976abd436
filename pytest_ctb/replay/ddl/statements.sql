-- What makes each object of a database, and each of its aspects, as a statement to paste: kind and name as in catalog.sql,
-- the aspect, its value, the statement that gives it, the one that takes it away, why either is not safe (empty: it is),
-- and whether the aspect needs a statement of its own when the object is made. The aspect `itself` is the object.
-- Asked of both databases; runs behind the WITH of catalog.sql, with an empty search_path. For Postgres 14 and later.
-- A role stands between two marks, chr(1) here and in its place what no name holds: the one that replays has another name in the live database.
, rel AS MATERIALIZED (
    SELECT r.*, pg_catalog.format('%I.%I', n.nspname, r.relname) AS q
    FROM relation r JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
), attribute AS MATERIALIZED (
    SELECT a.*, r.kind AS rel_kind, r.name AS rel_name, r.q, r.relkind, r.relispartition, r.name || '.' || a.attname AS name,
           pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I ', r.q, a.attname) AS alter, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression,
           pg_catalog.format_type(a.atttypid, a.atttypmod)
           || coalesce((SELECT ' COLLATE ' || l.oid::pg_catalog.regcollation FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                        WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation), '') AS typed,
           (SELECT c.oid FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_class c ON c.oid = p.objid AND c.relkind = 'S'
            WHERE p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
              AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.deptype IN ('a', 'i') ORDER BY c.oid LIMIT 1) AS serial
    FROM rel r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'p', 'f') OR (r.relkind = 'v' AND d.oid IS NOT NULL)
), counted AS MATERIALIZED (
    SELECT r.oid, r.q, r.name, r.relowner, d.deptype = 'i' AS of_identity, d.refobjid, d.refobjsubid,
           pg_catalog.format(' AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %s', pg_catalog.format_type(q.seqtypid, NULL), q.seqstart,
                  q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options,
           (q.seqstart, q.seqincrement, q.seqmin, q.seqcache, q.seqcycle) = (1, 1, 1, 1, false)
           AND q.seqmax = CASE pg_catalog.format_type(q.seqtypid, NULL) WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647 ELSE 9223372036854775807 END AS usual
    FROM rel r JOIN pg_catalog.pg_sequence q ON q.seqrelid = r.oid
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')
                         AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
), described AS MATERIALIZED (
    SELECT a.*, typed
           || CASE a.attidentity WHEN '' THEN '' ELSE
                  (SELECT pg_catalog.format(' GENERATED %s AS IDENTITY', CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END)
                          || CASE WHEN k.usual AND k.name = a.rel_name || '_' || a.attname || '_seq' THEN ''
                                  ELSE pg_catalog.format(' (SEQUENCE NAME %s%s)', k.q, pg_catalog.replace(k.options, ' AS ' || typed, '')) END
                   FROM counted k WHERE k.oid = a.serial) END
           || CASE WHEN a.expression IS NULL THEN '' WHEN a.attgenerated = '' THEN ' DEFAULT ' || a.expression
                   WHEN a.attgenerated = 's' THEN pg_catalog.format(' GENERATED ALWAYS AS (%s) STORED', a.expression)
                   ELSE pg_catalog.format(' GENERATED ALWAYS AS (%s) VIRTUAL', a.expression) END
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS described
    FROM attribute a
), acl AS MATERIALIZED (
    SELECT 'privileges'::pg_catalog.text AS kind, p.kind || ' ' || p.name AS name, p.acl, p.owner, p.objtype, p.target, p.part, '' AS before
    FROM (
        SELECT 'schema' AS kind, nspname::pg_catalog.text AS name, nspacl AS acl, nspowner AS owner, 'n'::pg_catalog."char" AS objtype, pg_catalog.format('SCHEMA %I', nspname) AS target, '' AS part FROM space
        UNION ALL
        SELECT kind, name, relacl, relowner, CASE relkind WHEN 'S' THEN 's'::pg_catalog."char" ELSE 'r'::pg_catalog."char" END,
               CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || q, '' FROM rel
        UNION ALL
        SELECT 'column', r.name || '.' || a.attname, a.attacl, r.relowner, 'c'::pg_catalog."char", 'TABLE ' || r.q, pg_catalog.format(' (%I)', a.attname)
        FROM pg_catalog.pg_attribute a JOIN rel r ON r.oid = a.attrelid WHERE a.attacl IS NOT NULL
        UNION ALL
        SELECT 'function', name, proacl, proowner, 'f'::pg_catalog."char", 'ROUTINE ' || oid::pg_catalog.regprocedure, '' FROM routine
        UNION ALL
        SELECT 'type', name, typacl, typowner, 'T'::pg_catalog."char", 'TYPE ' || oid::pg_catalog.regtype, '' FROM kind_of_type
        UNION ALL
        SELECT 'server', srvname, srvacl, srvowner, 'S'::pg_catalog."char", pg_catalog.format('FOREIGN SERVER %I', srvname), '' FROM pg_catalog.pg_foreign_server
    ) p WHERE p.acl IS NOT NULL
    UNION ALL
    SELECT 'default privileges',
           pg_catalog.concat_ws(' ', 'for', pg_catalog.pg_get_userbyid(a.defaclrole), 'in ' || n.nspname, 'on',
                     CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                          WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END),
           a.defaclacl, a.defaclrole, CASE WHEN n.oid IS NULL THEN CASE a.defaclobjtype WHEN 'S' THEN 's'::pg_catalog."char" ELSE a.defaclobjtype END END,
           CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES'
                                WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END, '',
           'ALTER DEFAULT PRIVILEGES FOR ROLE ' || pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(a.defaclrole) || pg_catalog.chr(1) || CASE WHEN n.oid IS NULL THEN '' ELSE pg_catalog.format(' IN SCHEMA %I', n.nspname) END || ' '
    FROM pg_catalog.pg_default_acl a LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace
), granted AS MATERIALIZED (
    SELECT a.kind, a.name, sign, a.before, a.part, a.target, privilege_type AS what, grantable,
           CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(grantee) || pg_catalog.chr(1) END AS whom
    FROM acl a,
         LATERAL (SELECT '+' AS sign, x.grantee, x.privilege_type, x.is_grantable AS grantable FROM pg_catalog.aclexplode(a.acl) x
                  WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(pg_catalog.acldefault(a.objtype, a.owner)) y
                                    WHERE (y.grantee, y.privilege_type, y.is_grantable) = (x.grantee, x.privilege_type, x.is_grantable))
                  UNION ALL
                  SELECT '-', x.grantee, x.privilege_type, false FROM pg_catalog.aclexplode(pg_catalog.acldefault(a.objtype, a.owner)) x
                  WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(a.acl) y WHERE (y.grantee, y.privilege_type) = (x.grantee, x.privilege_type))) e
)

SELECT 'schema' AS kind, nspname::pg_catalog.text AS name, 'itself' AS aspect, '' AS value, pg_catalog.format('CREATE SCHEMA %I', nspname) AS sql,
       pg_catalog.format('DROP SCHEMA %I', nspname) AS undo, '' AS risk, 'what names the schema fails; it is refused as long as something is in it' AS undo_risk,
       false AS after
FROM space
UNION ALL
SELECT 'schema', nspname, 'owner', pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(nspowner) || pg_catalog.chr(1), pg_catalog.format('ALTER SCHEMA %I OWNER TO ', nspname) || pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(nspowner) || pg_catalog.chr(1), '', '', '', true
FROM space

UNION ALL
SELECT r.kind, r.name, 'itself', '',
       CASE WHEN r.reloftype <> 0 OR r.relkind = 'f' THEN '' ELSE
       pg_catalog.concat_ws(' ', 'CREATE', CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' END, 'TABLE', r.q,
                 CASE WHEN NOT r.relispartition THEN
                     coalesce((SELECT E'(\n    ' || pg_catalog.string_agg(pg_catalog.format('%I %s', a.attname, a.described), E',\n    ' ORDER BY a.attnum) || E'\n)'
                               FROM described a WHERE a.attrelid = r.oid AND a.attislocal), '()') END,
                 (SELECT CASE WHEN r.relispartition THEN 'PARTITION OF ' ELSE 'INHERITS (' END
                         || pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::pg_catalog.text, ', ' ORDER BY i.inhseqno)
                         || CASE WHEN r.relispartition THEN '' ELSE ')' END
                  FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid),
                 pg_catalog.pg_get_expr(r.relpartbound, r.oid), 'PARTITION BY ' || pg_catalog.pg_get_partkeydef(r.oid),
                 'USING ' || (SELECT pg_catalog.quote_ident(m.amname) FROM pg_catalog.pg_am m WHERE m.oid = r.relam AND m.amname <> 'heap')) END,
       CASE r.relkind WHEN 'f' THEN 'DROP FOREIGN TABLE ' ELSE 'DROP TABLE ' END || r.q, '', 'its rows are lost', false
FROM rel r WHERE r.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT r.kind, r.name, 'owner', pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(r.relowner) || pg_catalog.chr(1), pg_catalog.format('ALTER TABLE %s OWNER TO ', r.q) || pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(r.relowner) || pg_catalog.chr(1), '', '', '', true
FROM rel r WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm')
UNION ALL
SELECT r.kind, r.name, 'logged', CASE r.relpersistence WHEN 'u' THEN 'no' ELSE 'yes' END,
       pg_catalog.format('ALTER TABLE %s SET %s', r.q, CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE 'LOGGED' END), '',
       'ACCESS EXCLUSIVE on ' || r.q || ' while every row is written anew', '', false
FROM rel r WHERE r.relkind = 'r'
UNION ALL
SELECT r.kind, r.name, 'row level security', 'on', pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', r.q),
       pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', r.q), 'who is not the owner sees only what a policy lets through', 'every row can be seen by whoever may read the table', true
FROM rel r WHERE r.relrowsecurity
UNION ALL
SELECT r.kind, r.name, 'forced row level security', 'on', pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', r.q),
       pg_catalog.format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', r.q), 'the owner too sees only what a policy lets through', 'the owner sees every row', true
FROM rel r WHERE r.relforcerowsecurity
UNION ALL
SELECT r.kind, r.name, 'replica identity', r.relreplident::pg_catalog.text || coalesce(i.q, ''),
       pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY ', r.q) || CASE r.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE 'USING INDEX ' || i.q END,
       pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', r.q), '', '', true
FROM rel r LEFT JOIN LATERAL (SELECT pg_catalog.quote_ident(c.relname) AS q FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
                              WHERE x.indrelid = r.oid AND x.indisreplident) i ON true
WHERE r.relkind IN ('r', 'p') AND r.relreplident <> 'd'
UNION ALL
SELECT r.kind, r.name, 'cluster', c.relname, pg_catalog.format('ALTER TABLE %s CLUSTER ON %I', r.q, c.relname), pg_catalog.format('ALTER TABLE %s SET WITHOUT CLUSTER', r.q), '', '', true
FROM rel r JOIN pg_catalog.pg_index x ON x.indrelid = r.oid AND x.indisclustered JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
UNION ALL
SELECT r.kind, r.name, 'partition of', i.inhparent::pg_catalog.regclass || coalesce(' ' || pg_catalog.pg_get_expr(r.relpartbound, r.oid), ''),
       CASE WHEN r.relispartition THEN pg_catalog.format('ALTER TABLE %s ATTACH PARTITION %s %s', i.inhparent::pg_catalog.regclass, r.q, pg_catalog.pg_get_expr(r.relpartbound, r.oid))
            ELSE pg_catalog.format('ALTER TABLE %s INHERIT %s', r.q, i.inhparent::pg_catalog.regclass) END,
       CASE WHEN r.relispartition THEN pg_catalog.format('ALTER TABLE %s DETACH PARTITION %s', i.inhparent::pg_catalog.regclass, r.q)
            ELSE pg_catalog.format('ALTER TABLE %s NO INHERIT %s', r.q, i.inhparent::pg_catalog.regclass) END,
       'ACCESS EXCLUSIVE on ' || r.q || ' while its rows are read', 'its rows show in ' || i.inhparent::pg_catalog.regclass || ' no more', false
FROM rel r JOIN pg_catalog.pg_inherits i ON i.inhrelid = r.oid WHERE r.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT coalesce(k.kind, r.kind), coalesce(k.name, r.name), 'option ' || pg_catalog.split_part(o, '=', 1), o,
       pg_catalog.format('ALTER %s %s SET (%s=%L)', w.words, r.q, pg_catalog.split_part(o, '=', 1), pg_catalog.substr(o, pg_catalog.strpos(o, '=') + 1)), pg_catalog.format('ALTER %s %s RESET (%s)', w.words, r.q, pg_catalog.split_part(o, '=', 1)), '', '',
       r.kind <> 'index' OR k.kind IS NOT NULL
FROM (SELECT *, pg_catalog.unnest(reloptions) AS o FROM rel
      UNION ALL SELECT rel.*, 'toast.' || pg_catalog.unnest(x.reloptions) FROM rel JOIN pg_catalog.pg_class x ON x.oid = rel.reltoastrelid) r
JOIN LATERAL (SELECT CASE r.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' ELSE 'TABLE' END AS words) w ON true
LEFT JOIN LATERAL (SELECT 'constraint' AS kind, t.name || '.' || c.conname AS name FROM pg_catalog.pg_constraint c JOIN relation t ON t.oid = c.conrelid
                   WHERE c.conindid = r.oid AND c.contype IN ('p', 'u', 'x')) k ON true

UNION ALL
SELECT 'column', a.name, 'itself', '', CASE WHEN a.relkind = 'v' OR a.relispartition THEN '-' ELSE pg_catalog.format('ALTER TABLE %s ADD COLUMN %I %s', a.q, a.attname, a.described) END,
       CASE WHEN a.relkind = 'v' OR a.relispartition THEN '-' ELSE pg_catalog.format('ALTER TABLE %s DROP COLUMN %I', a.q, a.attname) END,
       CASE WHEN a.attnotnull AND a.expression IS NULL AND a.attidentity = '' THEN 'it is refused where the table has rows: they have no value for it'
            WHEN a.attidentity <> '' OR a.attgenerated = 's' OR (a.expression LIKE '%(%' AND a.expression <> 'now()') THEN 'ACCESS EXCLUSIVE on ' || a.q || ' while every row is written anew' ELSE '' END,
       'what the column holds is lost', false
FROM described a
UNION ALL
SELECT 'column', a.name, 'type', a.typed,
       CASE WHEN a.relispartition THEN '-' ELSE a.alter || CASE WHEN a.expression IS NOT NULL AND a.attgenerated = '' THEN pg_catalog.format('DROP DEFAULT, ALTER COLUMN %I ', a.attname) ELSE '' END
       || pg_catalog.format('TYPE %s USING %I::%s', a.typed, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
       || CASE WHEN a.expression IS NOT NULL AND a.attgenerated = '' THEN pg_catalog.format(', ALTER COLUMN %I SET DEFAULT %s', a.attname, a.expression) ELSE '' END END, '',
       'ACCESS EXCLUSIVE on ' || a.q || ' while every row may be written anew; it is refused, or cuts, where a value does not fit', '', false
FROM attribute a
UNION ALL
SELECT 'column', a.name, 'not null', 'yes', a.alter || 'SET NOT NULL', a.alter || 'DROP NOT NULL',
       'ACCESS EXCLUSIVE on ' || a.q || ' while every row is read; it is refused where one is null', '', false
FROM attribute a WHERE a.attnotnull
UNION ALL
SELECT 'column', a.name, 'default', a.expression,
       coalesce((SELECT pg_catalog.format(E'CREATE SEQUENCE IF NOT EXISTS %s%s;\nALTER SEQUENCE %s OWNER TO ' || pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(k.relowner) || pg_catalog.chr(1)
                                      || E';\nSELECT pg_catalog.setval(%L, greatest(max(%I), (SELECT last_value FROM %s))) FROM %s HAVING max(%I) IS NOT NULL;\n',
                               k.q, k.options, k.q, k.q, a.attname, k.q, a.q, a.attname) FROM counted k WHERE k.oid = a.serial AND NOT k.of_identity), '')
       || a.alter || 'SET DEFAULT ' || a.expression
       || coalesce((SELECT pg_catalog.format(E';\nALTER SEQUENCE %s OWNED BY %s.%I', k.q, a.q, a.attname) FROM counted k WHERE k.oid = a.serial AND NOT k.of_identity), ''),
       a.alter || 'DROP DEFAULT', '', CASE WHEN a.attnotnull THEN 'rows that give no value for it are refused from then on' ELSE '' END, a.relkind = 'v'
FROM attribute a WHERE a.attgenerated = '' AND a.expression IS NOT NULL
UNION ALL
SELECT 'column', a.name, 'generated', a.attgenerated::pg_catalog.text || a.expression, '', CASE a.attgenerated WHEN 's' THEN a.alter || 'DROP EXPRESSION' ELSE '' END, '', '', false
FROM attribute a WHERE a.attgenerated <> ''
UNION ALL
SELECT 'column', a.name, 'identity', 'yes',
       pg_catalog.format(E'DROP SEQUENCE IF EXISTS %s;\n%sADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s%s);\n'
              'SELECT pg_catalog.setval(%L, max(%I)) FROM %s HAVING max(%I) IS NOT NULL', k.q, a.alter, CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
              k.q, pg_catalog.replace(k.options, ' AS ' || a.typed, ''), k.q, a.attname, a.q, a.attname), a.alter || 'DROP IDENTITY',
       'its sequence is made anew, and set behind the highest value; rows that are inserted meanwhile may clash', 'rows can no longer be inserted without a value', false
FROM attribute a JOIN counted k ON k.oid = a.serial WHERE a.attidentity <> ''
UNION ALL
SELECT 'column', a.name, 'kind of identity', a.attidentity::pg_catalog.text, a.alter || 'SET GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, '-',
       CASE a.attidentity WHEN 'a' THEN 'an INSERT that gives a value of its own is refused' ELSE '' END, '', false
FROM attribute a WHERE a.attidentity <> ''
UNION ALL
SELECT 'column', a.name, 'storage', s.words, a.alter || 'SET STORAGE ' || s.words,
       a.alter || 'SET STORAGE ' || CASE t.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END, '', '', true
FROM attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typstorage <> a.attstorage,
     LATERAL (SELECT CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END AS words) s
UNION ALL
SELECT 'column', a.name, 'compression', a.attcompression::pg_catalog.text, a.alter || 'SET COMPRESSION ' || CASE a.attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END,
       a.alter || 'SET COMPRESSION default', '', '', true
FROM attribute a WHERE a.attcompression <> ''
UNION ALL
SELECT 'column', a.name, 'statistics', a.attstattarget::pg_catalog.text, a.alter || 'SET STATISTICS ' || a.attstattarget, a.alter || 'SET STATISTICS -1', '', '', true
FROM attribute a WHERE a.attstattarget >= 0
UNION ALL
SELECT 'column', a.name, 'option ' || pg_catalog.split_part(o, '=', 1), o, pg_catalog.format('%sSET (%s)', a.alter, o), pg_catalog.format('%sRESET (%s)', a.alter, pg_catalog.split_part(o, '=', 1)), '', '', true
FROM attribute a, pg_catalog.unnest(a.attoptions) o WHERE o !~ '^pg_'

UNION ALL
SELECT 'constraint', r.name || '.' || k.conname, 'itself', '',
       CASE WHEN k.contype IN ('c', 'f') AND k.convalidated AND r.relkind <> 'p' AND NOT k.connoinherit
            THEN pg_catalog.format(E'ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID;\nALTER TABLE %s VALIDATE CONSTRAINT %I', r.q, k.conname, pg_catalog.pg_get_constraintdef(k.oid), r.q, k.conname)
            ELSE pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.q, k.conname, pg_catalog.pg_get_constraintdef(k.oid)) END,
       pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', r.q, k.conname),
       CASE WHEN k.contype IN ('p', 'u', 'x') THEN 'ACCESS EXCLUSIVE on ' || r.q || ' while its index is built; it is refused where rows clash'
            WHEN k.contype IN ('c', 'f') AND k.convalidated AND r.relkind <> 'p' AND NOT k.connoinherit THEN ''
            WHEN NOT k.convalidated THEN '' ELSE 'every row of ' || r.q || ' is read under its lock' END,
       CASE WHEN k.contype IN ('p', 'u', 'x') THEN 'its index goes, and rows may clash from then on' ELSE 'rows that break it can be written from then on' END, false
FROM pg_catalog.pg_constraint k JOIN rel r ON r.oid = k.conrelid
UNION ALL
SELECT 'constraint', r.name || '.' || k.conname, 'new', '',
       CASE WHEN k.contype = 'n' AND k.convalidated AND NOT k.connoinherit
            THEN pg_catalog.format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', r.q, r.relname || '_' || (SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attnum = k.conkey[1]) || '_not_null', k.conname)
            ELSE pg_catalog.format('ALTER TABLE %s%s ADD CONSTRAINT %I %s', CASE WHEN r.relkind = 'p' AND k.contype IN ('p', 'u', 'x') THEN 'ONLY ' ELSE '' END, r.q, k.conname, pg_catalog.pg_get_constraintdef(k.oid)) END, '', '', '', false
FROM pg_catalog.pg_constraint k JOIN rel r ON r.oid = k.conrelid
UNION ALL
SELECT 'constraint', r.name || '.' || k.conname, 'definition', pg_catalog.replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID', ''), '', '', '', '', false
FROM pg_catalog.pg_constraint k JOIN rel r ON r.oid = k.conrelid
UNION ALL
SELECT 'constraint', r.name || '.' || k.conname, 'validated', 'yes', pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', r.q, k.conname), '', '', '', false
FROM pg_catalog.pg_constraint k JOIN rel r ON r.oid = k.conrelid WHERE k.convalidated

UNION ALL
SELECT 'index', r.name, 'itself', '',
       CASE WHEN r.relkind = 'I' THEN pg_catalog.replace(pg_catalog.pg_get_indexdef(r.oid), ' ON ONLY ', ' ON ')
            WHEN i.indisunique THEN 'CREATE UNIQUE INDEX CONCURRENTLY ' || pg_catalog.substr(pg_catalog.pg_get_indexdef(r.oid), 21)
            ELSE 'CREATE INDEX CONCURRENTLY ' || pg_catalog.substr(pg_catalog.pg_get_indexdef(r.oid), 14) END,
       'DROP INDEX ' || CASE r.relkind WHEN 'I' THEN '' ELSE 'CONCURRENTLY ' END || r.q,
       CASE r.relkind WHEN 'I' THEN 'SHARE on the table: nobody writes while it is built' ELSE '' END,
       CASE WHEN i.indisunique THEN 'rows may clash from then on' ELSE 'queries that use it become slow' END, false
FROM rel r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
UNION ALL
SELECT 'index', r.name, 'new', '', pg_catalog.pg_get_indexdef(r.oid), '', '', '', false FROM rel r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
UNION ALL
SELECT 'attachment', 'index ' || r.name, 'itself', '', pg_catalog.format('ALTER INDEX %s ATTACH PARTITION %s', h.inhparent::pg_catalog.regclass, r.q), '', '', '', false
FROM rel r JOIN pg_catalog.pg_inherits h ON h.inhrelid = r.oid JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
UNION ALL
SELECT 'index', r.name, 'definition', pg_catalog.pg_get_indexdef(r.oid), '', '', '', '', false FROM rel r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
UNION ALL
SELECT 'index', r.name, 'valid', 'yes', pg_catalog.format('REINDEX INDEX CONCURRENTLY %s', r.q), '', '', '', false
FROM rel r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid WHERE i.indisvalid AND r.relkind = 'i'
UNION ALL
SELECT 'index', r.name, 'statistics ' || a.attnum, a.attstattarget::pg_catalog.text, pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', r.q, a.attnum, a.attstattarget),
       pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS -1', r.q, a.attnum), '', '', true
FROM rel r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attstattarget >= 0 WHERE r.relkind IN ('i', 'I')

UNION ALL
( -- one chain of all would be nested too deep for parsers with a limit of 100
SELECT r.kind, r.name, 'itself', '',
       CASE r.relkind WHEN 'v' THEN 'CREATE OR REPLACE VIEW ' ELSE 'CREATE MATERIALIZED VIEW ' END || r.q
       || coalesce(' WITH (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(r.reloptions) o) || ')', '') || E' AS\n' || pg_catalog.rtrim(pg_catalog.pg_get_viewdef(r.oid), ';')
       || CASE WHEN r.relkind = 'm' AND NOT r.relispopulated THEN ' WITH NO DATA' ELSE '' END,
       CASE r.relkind WHEN 'v' THEN 'DROP VIEW ' ELSE 'DROP MATERIALIZED VIEW ' END || r.q,
       CASE r.relkind WHEN 'v' THEN '' ELSE 'its query is run, which takes as long as it takes' END, 'what reads it fails', false
FROM rel r WHERE r.relkind IN ('v', 'm')
UNION ALL
SELECT r.kind, r.name, 'definition', pg_catalog.pg_get_viewdef(r.oid), '', '', '', '', false FROM rel r WHERE r.relkind IN ('v', 'm')
UNION ALL
SELECT r.kind, r.name, 'columns', (SELECT pg_catalog.string_agg(pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)), E'\n' ORDER BY a.attnum)
                                   FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attnum > 0), '', '', '', '', false
FROM rel r WHERE r.relkind IN ('v', 'm')
UNION ALL
SELECT r.kind, r.name, 'populated', 'yes', pg_catalog.format('REFRESH MATERIALIZED VIEW %s', r.q), pg_catalog.format('REFRESH MATERIALIZED VIEW %s WITH NO DATA', r.q),
       'ACCESS EXCLUSIVE on ' || r.q || ' while its query runs', 'its rows are lost', false
FROM rel r WHERE r.relkind = 'm' AND r.relispopulated

UNION ALL
SELECT 'sequence', k.name, 'itself', '', CASE WHEN k.of_identity THEN '-' ELSE 'CREATE SEQUENCE ' || k.q || k.options END,
       CASE WHEN k.of_identity THEN '-' ELSE 'DROP SEQUENCE ' || k.q END, '', 'how far it has counted is lost', false
FROM counted k
UNION ALL
SELECT 'sequence', k.name, 'options', k.options, pg_catalog.format('ALTER SEQUENCE %s%s', k.q, k.options), '', '', '', false FROM counted k
UNION ALL
SELECT 'sequence', k.name, 'owner', pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(k.relowner) || pg_catalog.chr(1), CASE WHEN k.refobjid IS NULL THEN pg_catalog.format('ALTER SEQUENCE %s OWNER TO ', k.q) || pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(k.relowner) || pg_catalog.chr(1) ELSE '' END, '', '', '', true
FROM counted k
UNION ALL
SELECT 'sequence', k.name, 'owned by', a.name, pg_catalog.format('ALTER SEQUENCE %s OWNED BY %s.%I', k.q, a.q, a.attname), pg_catalog.format('ALTER SEQUENCE %s OWNED BY NONE', k.q), '', '', true
FROM counted k JOIN attribute a ON a.attrelid = k.refobjid AND a.attnum = k.refobjsubid WHERE NOT k.of_identity

UNION ALL
SELECT 'type', t.name, 'itself', '',
       CASE t.typtype
           WHEN 'e' THEN pg_catalog.format('CREATE TYPE %s AS ENUM (%s)', t.oid::pg_catalog.regtype, (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid))
           WHEN 'd' THEN pg_catalog.concat_ws(' ', 'CREATE DOMAIN', t.oid::pg_catalog.regtype, 'AS', pg_catalog.format_type(t.typbasetype, t.typtypmod),
                                   (SELECT 'COLLATE ' || t.typcollation::pg_catalog.regcollation FROM pg_catalog.pg_type b WHERE b.oid = t.typbasetype AND b.typcollation <> t.typcollation),
                                   'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END)
           WHEN 'c' THEN pg_catalog.format('CREATE TYPE %s AS (%s)', t.oid::pg_catalog.regtype,
                                (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod), 'COLLATE ' || nullif(a.attcollation, y.typcollation)::pg_catalog.regcollation), ', ' ORDER BY a.attnum)
                                 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
           WHEN 'r' THEN (SELECT CASE WHEN g.rngcanonical <> 0 THEN '' ELSE
                              pg_catalog.format('CREATE TYPE %s AS RANGE (%s)', t.oid::pg_catalog.regtype, pg_catalog.concat_ws(', ', 'SUBTYPE = ' || pg_catalog.format_type(g.rngsubtype, NULL),
                                  'SUBTYPE_OPCLASS = ' || CASE WHEN NOT c.opcdefault THEN pg_catalog.format('%I.%I', n.nspname, c.opcname) END,
                                  'COLLATION = ' || nullif(g.rngcollation, y.typcollation)::pg_catalog.regcollation, 'SUBTYPE_DIFF = ' || nullif(g.rngsubdiff, 0)::pg_catalog.regproc,
                                  'MULTIRANGE_TYPE_NAME = ' || pg_catalog.format_type(g.rngmultitypid, NULL))) END
                          FROM pg_catalog.pg_range g JOIN pg_catalog.pg_opclass c ON c.oid = g.rngsubopc JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace
                          JOIN pg_catalog.pg_type y ON y.oid = g.rngsubtype WHERE g.rngtypid = t.oid)
           ELSE '' END,
       CASE t.typtype WHEN 'd' THEN 'DROP DOMAIN ' ELSE 'DROP TYPE ' END || t.oid::pg_catalog.regtype, '', 'what names the type fails; it is refused as long as a column has it', false
FROM kind_of_type t
UNION ALL
SELECT 'type', t.name, 'owner', pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(t.typowner) || pg_catalog.chr(1), pg_catalog.format('ALTER TYPE %s OWNER TO ', t.oid::pg_catalog.regtype) || pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(t.typowner) || pg_catalog.chr(1), '', '', '', true
FROM kind_of_type t
UNION ALL
SELECT 'type', t.name, 'label ' || e.enumlabel, e.enumlabel,
       CASE WHEN pg_catalog.lag(e.enumlabel) OVER w IS NOT NULL THEN pg_catalog.format('ALTER TYPE %s ADD VALUE %L AFTER %L', t.oid::pg_catalog.regtype, e.enumlabel, pg_catalog.lag(e.enumlabel) OVER w)
            WHEN pg_catalog.lead(e.enumlabel) OVER w IS NOT NULL THEN pg_catalog.format('ALTER TYPE %s ADD VALUE %L BEFORE %L', t.oid::pg_catalog.regtype, e.enumlabel, pg_catalog.lead(e.enumlabel) OVER w)
            ELSE pg_catalog.format('ALTER TYPE %s ADD VALUE %L', t.oid::pg_catalog.regtype, e.enumlabel) END, '', '', '', false
FROM kind_of_type t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid WINDOW w AS (PARTITION BY t.oid ORDER BY e.enumsortorder)
UNION ALL
SELECT 'type', t.name, 'base', pg_catalog.format_type(t.typbasetype, t.typtypmod), '', '', '', '', false FROM kind_of_type t WHERE t.typtype = 'd'
UNION ALL
SELECT 'type', t.name, 'default', t.typdefault, pg_catalog.format('ALTER DOMAIN %s SET DEFAULT %s', t.oid::pg_catalog.regtype, t.typdefault), pg_catalog.format('ALTER DOMAIN %s DROP DEFAULT', t.oid::pg_catalog.regtype), '', '', false
FROM kind_of_type t WHERE t.typtype = 'd' AND t.typdefault IS NOT NULL
UNION ALL
SELECT 'type', t.name, 'not null', 'yes', pg_catalog.format('ALTER DOMAIN %s SET NOT NULL', t.oid::pg_catalog.regtype), pg_catalog.format('ALTER DOMAIN %s DROP NOT NULL', t.oid::pg_catalog.regtype),
       'every table that has it is read under its lock; it is refused where a value is null', '', false
FROM kind_of_type t WHERE t.typtype = 'd' AND t.typnotnull
UNION ALL
SELECT 'type', t.name, 'constraint ' || k.conname, pg_catalog.pg_get_constraintdef(k.oid), pg_catalog.format('ALTER DOMAIN %s ADD CONSTRAINT %I %s', t.oid::pg_catalog.regtype, k.conname, pg_catalog.pg_get_constraintdef(k.oid)),
       pg_catalog.format('ALTER DOMAIN %s DROP CONSTRAINT %I', t.oid::pg_catalog.regtype, k.conname), 'every table that has it is read under its lock; it is refused where a value breaks it', 'values that break it can be written from then on', true
FROM kind_of_type t JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid AND k.contype = 'c'
UNION ALL
SELECT 'type', t.name, 'attribute ' || a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.format('ALTER TYPE %s ADD ATTRIBUTE %I %s', t.oid::pg_catalog.regtype, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)),
       pg_catalog.format('ALTER TYPE %s DROP ATTRIBUTE %I', t.oid::pg_catalog.regtype, a.attname), '', 'what is stored of it is lost', false
FROM kind_of_type t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped WHERE t.typtype = 'c'

UNION ALL
SELECT 'function', p.name, 'itself', '', CASE p.prokind WHEN 'a' THEN '' ELSE pg_catalog.rtrim(pg_catalog.pg_get_functiondef(p.oid), E'\n ') END,
       pg_catalog.format('DROP ROUTINE %s', p.oid::pg_catalog.regprocedure), '', 'what calls it fails', false
FROM routine p
UNION ALL
SELECT 'function', p.name, 'definition', pg_catalog.pg_get_functiondef(p.oid), '', '', '', '', false FROM routine p WHERE p.prokind <> 'a'
UNION ALL
SELECT 'function', p.name, 'signature', pg_catalog.pg_get_function_arguments(p.oid) || ' ' || coalesce(pg_catalog.pg_get_function_result(p.oid), ''), '', '', '', '', false FROM routine p
UNION ALL
SELECT 'function', p.name, 'owner', pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(p.proowner) || pg_catalog.chr(1), pg_catalog.format('ALTER ROUTINE %s OWNER TO ', p.oid::pg_catalog.regprocedure) || pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(p.proowner) || pg_catalog.chr(1), '', '', '', true
FROM routine p

UNION ALL
SELECT 'trigger', r.name || '.' || g.tgname, 'itself', '', pg_catalog.pg_get_triggerdef(g.oid), pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, r.q), '', 'rows are written without it from then on', false
FROM pg_catalog.pg_trigger g JOIN rel r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal
UNION ALL
SELECT 'trigger', r.name || '.' || g.tgname, 'definition', pg_catalog.pg_get_triggerdef(g.oid), '', '', '', '', false
FROM pg_catalog.pg_trigger g JOIN rel r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal
UNION ALL
SELECT 'trigger', r.name || '.' || g.tgname, 'enabled', g.tgenabled::pg_catalog.text,
       pg_catalog.format('ALTER TABLE %s %s TRIGGER %I', r.q, CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.tgname),
       pg_catalog.format('ALTER TABLE %s ENABLE TRIGGER %I', r.q, g.tgname), 'it fires for other rows than before', '', true
FROM pg_catalog.pg_trigger g JOIN rel r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal AND g.tgenabled <> 'O'
UNION ALL
SELECT 'rule', r.name || '.' || w.rulename, 'itself', '', 'CREATE OR REPLACE ' || pg_catalog.rtrim(pg_catalog.substr(pg_catalog.pg_get_ruledef(w.oid), 8), ';'), pg_catalog.format('DROP RULE %I ON %s', w.rulename, r.q),
       'statements on the table do something else from then on', 'statements on the table do something else from then on', false
FROM pg_catalog.pg_rewrite w JOIN rel r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'rule', r.name || '.' || w.rulename, 'definition', pg_catalog.pg_get_ruledef(w.oid), '', '', '', '', false
FROM pg_catalog.pg_rewrite w JOIN rel r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'rule', r.name || '.' || w.rulename, 'enabled', w.ev_enabled::pg_catalog.text,
       pg_catalog.format('ALTER TABLE %s %s RULE %I', r.q, CASE w.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, w.rulename),
       pg_catalog.format('ALTER TABLE %s ENABLE RULE %I', r.q, w.rulename), '', '', true
FROM pg_catalog.pg_rewrite w JOIN rel r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN' AND w.ev_enabled <> 'O'
UNION ALL
SELECT 'policy', r.name || '.' || p.polname, 'itself', '',
       pg_catalog.concat_ws(' ', pg_catalog.format('CREATE POLICY %I ON %s AS', p.polname, r.q), CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, 'FOR',
                 CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                 'TO', (SELECT pg_catalog.string_agg(CASE one WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(one) || pg_catalog.chr(1) END, ', ' ORDER BY pg_catalog.pg_get_userbyid(one)) FROM pg_catalog.unnest(p.polroles) AS one),
                 'USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', 'WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
       pg_catalog.format('DROP POLICY %I ON %s', p.polname, r.q), 'other rows can be seen or written from then on', 'other rows can be seen or written from then on', false
FROM pg_catalog.pg_policy p JOIN rel r ON r.oid = p.polrelid

UNION ALL
SELECT kind, name, 'target', target, '-', '-', '', '', false FROM (
    SELECT kind, name, CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || q AS target FROM rel WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL SELECT 'function', name, 'ROUTINE ' || oid::pg_catalog.regprocedure FROM routine
    UNION ALL SELECT 'type', name, 'TYPE ' || oid::pg_catalog.regtype FROM kind_of_type
    UNION ALL SELECT 'schema', nspname, pg_catalog.format('SCHEMA %I', nspname) FROM space) t
UNION ALL
SELECT g.kind, g.name, g.sign || ' ' || g.whom || ' ' || g.what, '', CASE g.sign WHEN '+' THEN may.give ELSE may.take END, CASE g.sign WHEN '+' THEN may.take ELSE may.give END,
       CASE g.sign WHEN '+' THEN '' ELSE may.lost END, CASE g.sign WHEN '+' THEN may.lost ELSE '' END, true
FROM granted g,
     LATERAL (SELECT pg_catalog.format('%sGRANT %s%s ON %s TO %s', g.before, g.what, g.part, g.target, g.whom) AS give,
                     pg_catalog.format('%sREVOKE %s%s ON %s FROM %s', g.before, g.what, g.part, g.target, g.whom) AS take,
                     'who needs it to work fails' AS lost) may
UNION ALL
SELECT g.kind, g.name, '* ' || g.whom || ' ' || g.what, '', pg_catalog.format('%sGRANT %s%s ON %s TO %s WITH GRANT OPTION', g.before, g.what, g.part, g.target, g.whom),
       pg_catalog.format('%sREVOKE GRANT OPTION FOR %s%s ON %s FROM %s', g.before, g.what, g.part, g.target, g.whom), '', 'who was given it by that role stands in the way', true
FROM granted g WHERE g.grantable

UNION ALL
SELECT 'comment', k.kind || ' ' || k.name, 'itself', d.description, 'COMMENT ON ' || k.target || ' IS ' || pg_catalog.quote_literal(d.description), 'COMMENT ON ' || k.target || ' IS NULL', '', '', false
FROM pg_catalog.pg_description d,
     LATERAL pg_catalog.pg_identify_object_as_address(d.classoid, d.objoid, d.objsubid) AS o,
     LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i,
     LATERAL (SELECT CASE WHEN o.type LIKE '%column' THEN 'column' WHEN o.type = 'table constraint' THEN 'constraint' WHEN o.type IN ('procedure', 'aggregate') THEN 'function'
                          WHEN o.type IN ('composite type', 'domain') THEN 'type' WHEN o.type = 'statistics object' THEN 'statistics' ELSE o.type END AS kind,
                     pg_catalog.array_to_string(o.object_names, '.') || CASE WHEN o.type IN ('function', 'procedure', 'aggregate') OR o.object_args <> '{}'
                             THEN '(' || pg_catalog.array_to_string(o.object_args, ', ') || ')' ELSE '' END AS name,
                     CASE WHEN o.type LIKE '%column' THEN 'COLUMN ' || i.identity WHEN o.type = 'domain constraint' THEN 'CONSTRAINT ' || pg_catalog.replace(i.identity, ' on ', ' ON DOMAIN ')
                          WHEN o.type = 'table constraint' THEN 'CONSTRAINT ' || i.identity WHEN o.type = 'composite type' THEN 'TYPE ' || i.identity
                          WHEN o.type = 'statistics object' THEN 'STATISTICS ' || i.identity ELSE pg_catalog.upper(o.type) || ' ' || i.identity END AS target) AS k
WHERE d.objoid >= 16384 OR (d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objoid IN (SELECT oid FROM space))

UNION ALL
SELECT 'statistics', n.nspname || '.' || x.stxname, 'itself', pg_catalog.pg_get_statisticsobjdef(x.oid), pg_catalog.pg_get_statisticsobjdef(x.oid), pg_catalog.format('DROP STATISTICS %I.%I', n.nspname, x.stxname), '', 'plans may change', false
FROM pg_catalog.pg_statistic_ext x JOIN pg_catalog.pg_namespace n ON n.oid = x.stxnamespace JOIN rel r ON r.oid = x.stxrelid
UNION ALL
SELECT 'statistics', n.nspname || '.' || x.stxname, 'target', x.stxstattarget::pg_catalog.text, pg_catalog.format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, x.stxname, x.stxstattarget),
       pg_catalog.format('ALTER STATISTICS %I.%I SET STATISTICS -1', n.nspname, x.stxname), '', '', true
FROM pg_catalog.pg_statistic_ext x JOIN pg_catalog.pg_namespace n ON n.oid = x.stxnamespace JOIN rel r ON r.oid = x.stxrelid WHERE x.stxstattarget >= 0
UNION ALL
SELECT 'extension', e.extname, 'itself', '', pg_catalog.format('CREATE EXTENSION %I WITH SCHEMA %I', e.extname, n.nspname), pg_catalog.format('DROP EXTENSION %I', e.extname), '', 'what uses it fails; it is refused as long as an object does', false
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
UNION ALL
SELECT 'extension', e.extname, 'schema', n.nspname, pg_catalog.format('ALTER EXTENSION %I SET SCHEMA %I', e.extname, n.nspname), '', 'what names its objects with their schema fails', '', false
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
UNION ALL
SELECT 'publication', p.pubname, 'itself', '', pg_catalog.format('CREATE PUBLICATION %I%s WITH (publish = %L, publish_via_partition_root = %s)', p.pubname, CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE '' END, w.words, p.pubviaroot::pg_catalog.text),
       pg_catalog.format('DROP PUBLICATION %I', p.pubname), '', 'its subscribers get nothing more', false
FROM pg_catalog.pg_publication p, LATERAL (SELECT pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS words) w
UNION ALL
SELECT 'publication', p.pubname, 'options', w.words || p.pubviaroot, pg_catalog.format('ALTER PUBLICATION %I SET (publish = %L, publish_via_partition_root = %s)', p.pubname, w.words, p.pubviaroot::pg_catalog.text), '', 'its subscribers get something else', '', false
FROM pg_catalog.pg_publication p, LATERAL (SELECT pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS words) w
UNION ALL
SELECT 'publication', p.pubname, 'owner', pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(p.pubowner) || pg_catalog.chr(1), pg_catalog.format('ALTER PUBLICATION %I OWNER TO ', p.pubname) || pg_catalog.chr(1) || pg_catalog.pg_get_userbyid(p.pubowner) || pg_catalog.chr(1), '', '', '', true
FROM pg_catalog.pg_publication p
UNION ALL
SELECT 'publication', p.pubname, 'table ' || x.prrelid::pg_catalog.regclass, pg_catalog.concat_ws(' ', pg_catalog.to_jsonb(t) ->> 'rowfilter', pg_catalog.to_jsonb(x) ->> 'prattrs'),
       CASE WHEN pg_catalog.to_jsonb(x) ->> 'prattrs' IS NOT NULL THEN ''
            ELSE pg_catalog.format('ALTER PUBLICATION %I ADD TABLE %s', p.pubname, x.prrelid::pg_catalog.regclass) || coalesce(' WHERE ' || (pg_catalog.to_jsonb(t) ->> 'rowfilter'), '') END,
       pg_catalog.format('ALTER PUBLICATION %I DROP TABLE %s', p.pubname, x.prrelid::pg_catalog.regclass), '', 'its subscribers get nothing more of it', true
FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_rel x ON x.prpubid = p.oid JOIN pg_catalog.pg_class c ON c.oid = x.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname AND t.schemaname = n.nspname AND t.tablename = c.relname
UNION ALL
SELECT 'event trigger', e.evtname, 'itself', '', pg_catalog.format('CREATE EVENT TRIGGER %I ON %s%s EXECUTE FUNCTION %s', e.evtname, e.evtevent,
           coalesce(' WHEN TAG IN (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(t), ', ') FROM pg_catalog.unnest(e.evttags) t) || ')', ''), e.evtfoid::pg_catalog.regprocedure),
       pg_catalog.format('DROP EVENT TRIGGER %I', e.evtname), 'it fires for whatever is done from then on', 'it fires no more', false
FROM pg_catalog.pg_event_trigger e
UNION ALL
SELECT 'event trigger', e.evtname, 'definition', pg_catalog.concat_ws(' ', e.evtevent, e.evttags::pg_catalog.text, e.evtfoid::pg_catalog.regprocedure), '', '', '', '', false FROM pg_catalog.pg_event_trigger e
UNION ALL
SELECT 'event trigger', e.evtname, 'enabled', e.evtenabled::pg_catalog.text, pg_catalog.format('ALTER EVENT TRIGGER %I %s', e.evtname, CASE e.evtenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END),
       pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE', e.evtname), '', '', true
FROM pg_catalog.pg_event_trigger e WHERE e.evtenabled <> 'O'

-- Who uses whom: a view, and the relations and columns that it reads. The value is the view's kind and name.
UNION ALL
SELECT DISTINCT CASE WHEN part THEN 'column' ELSE t.kind END, t.name || CASE WHEN part THEN '.' || a.attname ELSE '' END, 'used by ' || v.kind || ' ' || v.name, v.kind || E'\n' || v.name, '', '', '', '', false
FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = d.objid JOIN relation v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
JOIN relation t ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND t.oid = d.refobjid AND t.oid <> v.oid LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
CROSS JOIN LATERAL (VALUES (true), (false)) AS level (part) WHERE a.attname IS NOT NULL OR NOT part
-- And each object that another makes on its own: a constraint's foreign key needs the other table's key.
UNION ALL
SELECT 'constraint', p.name || '.' || k.conname, 'used by constraint ' || c.name || '.' || f.conname, E'constraint\n' || c.name || '.' || f.conname, '', '', '', '', false
FROM pg_catalog.pg_constraint f JOIN relation c ON c.oid = f.conrelid JOIN relation p ON p.oid = f.confrelid JOIN pg_catalog.pg_constraint k ON k.conrelid = p.oid AND k.conindid = f.conindid AND k.contype IN ('p', 'u')
WHERE f.contype = 'f'
UNION ALL
SELECT 'role', session_user, 'itself', '', '', '', '', '', false
)
