-- What sees what a migration does: functions among Postgres's own, where no dump and no comparison of schemas looks, and
-- event triggers that are taken away before anybody does. They tell by INFO messages, which reach the client whatever
-- client_min_messages says, and which nothing that the migration does can take back.
-- Event triggers: manual, chapter 40; what they are told: section 9.30.
-- Any role may ask what stands between `-- ask:` and `-- asked`: without a superuser the session sends that text itself.
-- A plan is made once, while the catalogs are small, and kept while they grow: so none may read a whole catalog.

CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $ctb$
DECLARE
    seen json;
BEGIN
    IF tg_tag IN ('GRANT', 'REVOKE') THEN
        -- The server does not tell on what; the rows that this transaction wrote do. A look through whole catalogs, which
        -- grow with the schema; but a cheap one, and for these commands alone.
        SELECT json_agg(json_build_array(tg_tag, g.type, o.identity, g.class, g.oid, 0, NULL)) INTO seen
        FROM (SELECT 'table' AS type, 'pg_class'::regclass AS class, oid FROM pg_class
              WHERE xmin::text::bigint >= pg_current_xact_id()::text::bigint % 4294967296
                AND relkind IN ('r', 'v', 'm', 'p', 'f', 'S') AND relnamespace <> 'pg_toast'::regnamespace
              UNION ALL
              SELECT 'function', 'pg_proc'::regclass, oid FROM pg_proc
              WHERE xmin::text::bigint >= pg_current_xact_id()::text::bigint % 4294967296
              UNION ALL
              SELECT 'type', 'pg_type'::regclass, oid FROM pg_type
              WHERE xmin::text::bigint >= pg_current_xact_id()::text::bigint % 4294967296 AND typrelid = 0 AND typelem = 0
              UNION ALL
              SELECT 'schema', 'pg_namespace'::regclass, oid FROM pg_namespace
              WHERE xmin::text::bigint >= pg_current_xact_id()::text::bigint % 4294967296) AS g,
             LATERAL pg_identify_object(g.class, g.oid, 0) AS o;
        seen := coalesce(seen, '[["GRANT", "other", null, "other", 0, 0, null]]');
    ELSE
        SELECT json_agg(json_build_array(
            c.command_tag, c.object_type, c.object_identity, c.classid::regclass, c.objid, c.objsubid,
            CASE c.classid
                WHEN 'pg_class'::regclass THEN (SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = c.objid)
                WHEN 'pg_constraint'::regclass THEN (SELECT k.conrelid FROM pg_constraint k WHERE k.oid = c.objid)
                WHEN 'pg_trigger'::regclass THEN (SELECT t.tgrelid FROM pg_trigger t WHERE t.oid = c.objid)
                WHEN 'pg_policy'::regclass THEN (SELECT p.polrelid FROM pg_policy p WHERE p.oid = c.objid)
                WHEN 'pg_rewrite'::regclass THEN (SELECT r.ev_class FROM pg_rewrite r WHERE r.oid = c.objid)
                WHEN 'pg_statistic_ext'::regclass THEN (SELECT x.stxrelid FROM pg_statistic_ext x WHERE x.oid = c.objid)
            END)) INTO seen
        FROM pg_event_trigger_ddl_commands() AS c
        WHERE NOT c.in_extension;
    END IF;
    IF seen IS NOT NULL THEN
        RAISE INFO USING ERRCODE = 'CTB01', MESSAGE = seen;
    END IF;
END
$ctb$;

CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $ctb$
DECLARE
    seen json;
BEGIN
    SELECT json_agg(json_build_array(
        d.object_type, d.object_identity, d.classid::regclass, d.objid, d.objsubid, d.original, d.address_names, d.is_temporary))
    INTO seen FROM pg_event_trigger_dropped_objects() AS d;
    IF seen IS NOT NULL THEN
        RAISE INFO USING ERRCODE = 'CTB02', MESSAGE = seen;
    END IF;
END
$ctb$;

CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_rewrite() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $ctb$
BEGIN
    RAISE INFO USING ERRCODE = 'CTB03', MESSAGE = pg_event_trigger_table_rewrite_oid();
END
$ctb$;

-- The highest number that an object has: what comes after it is new.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_mark() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $ctb$
BEGIN
    PERFORM pg_stat_force_next_flush();
    RETURN (
        -- ask: mark
        SELECT greatest((SELECT max(oid) FROM pg_class), (SELECT max(oid) FROM pg_proc), (SELECT max(oid) FROM pg_type),
                        (SELECT max(oid) FROM pg_namespace), (SELECT max(oid) FROM pg_constraint))::bigint
        -- asked
    );
END
$ctb$;

-- The same, where no relation or function has any of these names, and no event trigger but ours makes a statement do more
-- than it says; else NULL.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_free(schemas name[], names name[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $ctb$
DECLARE
    spaces oid[] := ARRAY(SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = ANY (schemas));
BEGIN
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.relname = ANY (names) AND c.relnamespace = ANY (spaces))
        OR EXISTS (SELECT FROM pg_proc AS p WHERE p.proname = ANY (names) AND p.pronamespace = ANY (spaces))
        OR EXISTS (SELECT FROM pg_event_trigger AS e WHERE NOT starts_with(e.evtname::text, 'pytest_ctb_'))
    THEN
        RETURN NULL;
    END IF;
    RETURN pg_catalog.pytest_ctb_mark();
END
$ctb$;

-- The transaction as it stands: its id, and for each relation that it has locked the modes and the counters. These count
-- what the session has not reported yet, earlier transactions included: so it reports at the end of each.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_probe() RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET jit = off SET enable_seqscan = off AS $ctb$
BEGIN
    PERFORM pg_stat_force_next_flush();
    RETURN (
        -- ask: probe
        SELECT json_build_array(
            pg_current_xact_id_if_assigned()::text,
            json_agg(json_build_array(
                l.relation::bigint, n.nspname, c.relname, c.relkind, l.modes,
                pg_stat_get_xact_tuples_inserted(l.relation), pg_stat_get_xact_tuples_updated(l.relation),
                pg_stat_get_xact_tuples_deleted(l.relation), pg_stat_get_xact_numscans(l.relation),
                coalesce(pg_relation_filenode(l.relation)::bigint, 0),
                coalesce((SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = l.relation), l.relation)::bigint)))
        FROM (SELECT relation, array_agg(mode) AS modes FROM pg_locks
              WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384 GROUP BY relation) AS l
        JOIN pg_class AS c ON c.oid = l.relation
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname <> 'pg_toast' AND c.relpersistence <> 't'
        -- asked
    );
END
$ctb$;

-- The chosen objects, as catalog.sql words them: by number, or by name where a number is not known (any more). `brief`: a
-- digest of their rows in the catalogs instead, of all that catalog.sql tells; where that is equal, so are the words, and
-- it is had at a third of the cost. What Postgres counts there for itself is left out.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_objects(
    relation_oids oid[], relation_names text[], routine_oids oid[], routine_names text[],
    type_oids oid[], type_names text[], space_oids oid[], space_names text[], brief boolean)
RETURNS TABLE (kind text, name text, definition text, of_kind text, of_name text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET plan_cache_mode = force_generic_plan SET jit = off
-- Planned once, while the catalogs are all but empty: every look into them has to go by an index from the start.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
#variable_conflict use_column
DECLARE
    relations oid[] := '{}'; routines oid[] := '{}'; types oid[] := '{}'; spaces oid[] := '{}';
    described oid[]; raw text;
BEGIN
    -- Each look that is spared counts: this runs for every file several times.
    IF cardinality(routine_oids) + cardinality(routine_names) > 0 THEN
        routines := ARRAY(SELECT p.oid FROM pg_proc p WHERE p.oid = ANY (routine_oids)
                          UNION SELECT to_regprocedure(n)::oid FROM unnest(routine_names) AS n WHERE to_regprocedure(n) IS NOT NULL);
    END IF;
    IF cardinality(type_oids) + cardinality(type_names) > 0 THEN
        types := ARRAY(SELECT t.oid FROM pg_type t WHERE t.oid = ANY (type_oids)
                       UNION SELECT to_regtype(n)::oid FROM unnest(type_names) AS n WHERE to_regtype(n) IS NOT NULL);
    END IF;
    IF cardinality(space_oids) + cardinality(space_names) > 0 THEN
        spaces := ARRAY(SELECT s.oid FROM pg_namespace s WHERE s.oid = ANY (space_oids)
                        UNION SELECT to_regnamespace(n)::oid FROM unnest(space_names) AS n WHERE to_regnamespace(n) IS NOT NULL);
    END IF;
    IF cardinality(relation_oids) + cardinality(relation_names) > 0 THEN
        relations := ARRAY(SELECT c.oid FROM pg_class c WHERE c.oid = ANY (relation_oids)
                           UNION SELECT to_regclass(n)::oid FROM unnest(relation_names) AS n WHERE to_regclass(n) IS NOT NULL);
        types := types || ARRAY(SELECT c.reltype FROM pg_class c WHERE c.oid = ANY (relations) AND c.relkind = 'c');
    END IF;
    IF cardinality(types) > 0 THEN
        relations := relations || ARRAY(SELECT t.typrelid FROM pg_type t WHERE t.oid = ANY (types) AND t.typrelid <> 0);
    END IF;
    described := relations || routines || types || spaces;
    IF cardinality(relations) > 0 THEN
        relations := relations || ARRAY(SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = ANY (relations));
        relations := ARRAY(
            SELECT unnest(relations)
            UNION SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = ANY (relations)
            UNION SELECT d.objid FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (relations)
                AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'));
        described := described || ARRAY(
            SELECT unnest(relations)
            UNION ALL SELECT k.oid FROM pg_constraint k WHERE k.conrelid = ANY (relations)
            UNION ALL SELECT g.oid FROM pg_trigger g WHERE g.tgrelid = ANY (relations)
            UNION ALL SELECT p.oid FROM pg_policy p WHERE p.polrelid = ANY (relations)
            UNION ALL SELECT w.oid FROM pg_rewrite w WHERE w.ev_class = ANY (relations));
    END IF;
    IF cardinality(types) > 0 THEN
        described := described
            || ARRAY(SELECT k.oid FROM pg_constraint k WHERE k.contypid = ANY (types) AND k.contypid <> 0);
    END IF;
    IF cardinality(described) = 0 THEN
        RETURN;
    END IF;
    IF brief THEN
        raw := (SELECT string_agg(x, E'\n' ORDER BY x) FROM (
            SELECT ROW('description', d.classoid, d.objoid, d.objsubid, d.description)::text
            FROM pg_description d WHERE d.objoid = ANY (described)) AS found(x));
        IF cardinality(relations) > 0 THEN
            raw := concat_ws(E'\n', raw, (SELECT string_agg(x, E'\n' ORDER BY x) FROM (
                SELECT ROW('class', c.oid, c.relname, c.relnamespace, c.reloftype, c.relowner, c.relam, c.reltablespace,
                           c.relpersistence, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relispopulated,
                           c.relreplident, c.relispartition, c.relacl, c.reloptions, c.relpartbound)::text
                FROM pg_class c WHERE c.oid = ANY (relations)
                UNION ALL
                SELECT ROW('toast', c.oid, t.reloptions)::text
                FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = ANY (relations)
                UNION ALL
                SELECT ROW('attribute', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
                           a.attidentity, a.attgenerated, a.attcollation, a.attstorage, a.attcompression,
                           a.attstattarget, a.attacl, a.attoptions, a.attfdwoptions)::text
                FROM pg_attribute a WHERE a.attrelid = ANY (relations) AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL
                SELECT ROW('default', d.adrelid, d.adnum, d.adbin)::text FROM pg_attrdef d WHERE d.adrelid = ANY (relations)
                UNION ALL
                SELECT ROW('index', i.*)::text FROM pg_index i WHERE i.indrelid = ANY (relations)
                UNION ALL
                SELECT ROW('constraint', k.*)::text FROM pg_constraint k WHERE k.conrelid = ANY (relations)
                UNION ALL
                SELECT ROW('parent', h.*)::text FROM pg_inherits h WHERE h.inhrelid = ANY (relations)
                UNION ALL
                SELECT ROW('partitioned', p.*)::text FROM pg_partitioned_table p WHERE p.partrelid = ANY (relations)
                UNION ALL
                SELECT ROW('sequence', q.*)::text FROM pg_sequence q WHERE q.seqrelid = ANY (relations)
                UNION ALL
                SELECT ROW('owned', d.objid, d.refobjid, d.refobjsubid, d.deptype)::text FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = ANY (relations) AND d.deptype IN ('a', 'i')
                    AND d.refclassid = 'pg_class'::regclass
                UNION ALL
                SELECT ROW('foreign', f.*)::text FROM pg_foreign_table f WHERE f.ftrelid = ANY (relations)
                UNION ALL
                SELECT ROW('trigger', g.*)::text FROM pg_trigger g WHERE g.tgrelid = ANY (relations)
                UNION ALL
                SELECT ROW('policy', p.*)::text FROM pg_policy p WHERE p.polrelid = ANY (relations)
                UNION ALL
                SELECT ROW('rule', w.*)::text FROM pg_rewrite w WHERE w.ev_class = ANY (relations)
                UNION ALL
                SELECT ROW('statistics', x.*)::text FROM pg_statistic_ext x WHERE x.stxrelid = ANY (relations)
            ) AS found(x)));
        END IF;
        IF cardinality(routines) + cardinality(types) + cardinality(spaces) > 0 THEN
            raw := concat_ws(E'\n', raw, (SELECT string_agg(x, E'\n' ORDER BY x) FROM (
                SELECT ROW('routine', p.*)::text FROM pg_proc p WHERE p.oid = ANY (routines)
                UNION ALL
                SELECT ROW('aggregate', g.*)::text FROM pg_aggregate g WHERE g.aggfnoid::oid = ANY (routines)
                UNION ALL
                SELECT ROW('type', t.*)::text FROM pg_type t WHERE t.oid = ANY (types)
                UNION ALL
                SELECT ROW('value', e.*)::text FROM pg_enum e WHERE e.enumtypid = ANY (types)
                UNION ALL
                SELECT ROW('range', g.*)::text FROM pg_range g WHERE g.rngtypid = ANY (types)
                UNION ALL
                SELECT ROW('domain', k.*)::text FROM pg_constraint k WHERE k.contypid = ANY (types) AND k.contypid <> 0
                UNION ALL
                SELECT ROW('schema', s.*)::text FROM pg_namespace s WHERE s.oid = ANY (spaces)
            ) AS found(x)));
        END IF;
        RETURN QUERY SELECT 'digest', md5(raw), NULL, NULL, NULL;
        RETURN;
    END IF;
    RETURN QUERY {catalog};
END
$ctb$;

-- What rows can be made for these tables of: columns, keys and CHECKs, those of the tables too that they cannot be
-- filled without. Of a table that was only reached, a reference that may be NULL leads no further.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_fillable(tables oid[]) RETURNS SETOF json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN QUERY
    -- ask: fillable
    WITH RECURSIVE reached(oid, asked) AS (
        SELECT o, true FROM unnest(tables) AS o
        UNION SELECT k.confrelid, false FROM reached r, LATERAL (
            SELECT f.confrelid, f.conkey FROM pg_constraint f WHERE f.conrelid = r.oid AND f.contype = 'f' OFFSET 0) AS k
        WHERE r.asked OR NOT EXISTS (
            SELECT FROM pg_attribute a
            WHERE a.attrelid = r.oid AND a.attnum = ANY (k.conkey) AND NOT a.attnotnull)
    ), wanted(oid) AS (SELECT DISTINCT oid FROM reached)
    SELECT json_build_array(c.oid::bigint, n.nspname, c.relname, c.relkind, pg_get_expr(c.relpartbound, c.oid),
        (SELECT json_agg(json_build_array(a.attnum, a.attname, a.attnotnull, a.attidentity <> '', y.base, y.kind,
                         CASE WHEN a.atttypmod < 0 THEN y.limit ELSE a.atttypmod END, y.is_array, y.labels, y.fields,
                         y.checks, y.not_null) ORDER BY a.attnum)
         FROM pg_attribute a,
         LATERAL (
            SELECT e.typname AS base, e.typtype AS kind, d.typtypmod AS limit, (b.oid <> e.oid) AS is_array,
                   (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder)
                    FROM pg_enum l WHERE l.enumtypid = e.oid) AS labels,
                   (SELECT count(*) FROM pg_attribute f
                    WHERE f.attrelid = e.typrelid AND f.attnum > 0 AND NOT f.attisdropped) AS fields,
                   (SELECT json_agg(json_build_array(k.conname, pg_get_constraintdef(k.oid)))
                    FROM pg_constraint k WHERE k.contypid = d.oid AND k.contype = 'c') AS checks,
                   d.typnotnull AS not_null
            FROM pg_type d
            JOIN pg_type b ON b.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
            JOIN pg_type e
              ON e.oid = CASE WHEN b.typcategory = 'A' AND b.typelem <> 0 THEN b.typelem ELSE b.oid END
            WHERE d.oid = a.atttypid) AS y
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
        (SELECT json_agg(json_build_array(k.conname, k.contype, k.conkey, k.confrelid::bigint, k.confkey, k.condeferrable,
                         CASE WHEN k.contype = 'c' THEN pg_get_constraintdef(k.oid) END) ORDER BY k.conname)
         FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f')),
        (SELECT json_agg(json_build_array(r.relname, i.indkey::int2[], pg_get_indexdef(i.indexrelid))
                         ORDER BY r.relname)
         FROM pg_index i JOIN pg_class r ON r.oid = i.indexrelid
         WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion)),
        CASE WHEN c.relkind = 'p' THEN (SELECT json_agg(pg_get_expr(x.relpartbound, x.oid) ORDER BY x.oid)
         FROM pg_inherits h JOIN pg_class x ON x.oid = h.inhrelid WHERE h.inhparent = c.oid) END)
    FROM wanted w JOIN pg_class c ON c.oid = w.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    -- asked
    ;
END
$ctb$;

-- Tables and their columns, primary keys and, of a part, the partitioned table.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_columns(tables oid[], kinds "char"[]) RETURNS SETOF json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN QUERY
    -- ask: columns
    SELECT json_build_array(c.oid::bigint, n.nspname, c.relname,
           array_agg(a.attnum ORDER BY a.attnum), array_agg(a.attname::text ORDER BY a.attnum),
           array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum),
           coalesce((SELECT i.indkey::int2[]::int[] FROM pg_index i
                     WHERE i.indrelid = c.oid AND i.indisprimary), '{}'),
           array_agg(a.attgenerated <> '' ORDER BY a.attnum),
           CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid::bigint END)
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.oid = ANY (tables) AND c.relkind = ANY (kinds) AND c.relpersistence <> 't'
    GROUP BY c.oid, n.nspname, c.relname
    -- asked
    ;
END
$ctb$;

CREATE EVENT TRIGGER pytest_ctb_ddl ON ddl_command_end EXECUTE FUNCTION pg_catalog.pytest_ctb_ddl();
CREATE EVENT TRIGGER pytest_ctb_drop ON sql_drop EXECUTE FUNCTION pg_catalog.pytest_ctb_drop();
CREATE EVENT TRIGGER pytest_ctb_rewrite ON table_rewrite EXECUTE FUNCTION pg_catalog.pytest_ctb_rewrite();
ALTER EVENT TRIGGER pytest_ctb_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER pytest_ctb_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER pytest_ctb_rewrite ENABLE ALWAYS;
