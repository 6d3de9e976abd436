-- What sees what a migration does: functions among Postgres's own, where no dump and no comparison of schemas looks, and
-- event triggers that are taken away before anybody does. They tell by INFO messages, which reach the client whatever
-- client_min_messages says, and which nothing that the migration does can take back.
-- Event triggers: manual, chapter 40; what they are told: section 9.30.
-- They run as a superuser in the session of the migration, and so must find nothing of its: every relation, function and
-- type is named with its schema (a temporary one would come before those of pg_catalog), operators are found in an empty
-- search_path, and how a value is written is ours to say.
-- What they tell starts with a key that the migration cannot read, so nobody speaks in their place: it is a large object of
-- the superuser's, and the text of a function may be read by all.
-- Any role may ask what stands between `-- ask:` and `-- asked`: without a superuser the session sends that text itself.
-- A plan is made once, while the catalogs are small, and kept while they grow: so none may read a whole catalog.

-- What a transaction has granted on: the rows of the catalogs that it wrote tell. First the objects, as pytest_ctb_ddl tells
-- them, then the relations of which columns were granted, and 0 for an object of a rarer kind. Of objects with these names,
-- whatever their schema, or, where names is NULL, of all: a look through whole catalogs, which grow with the schema.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_granted(
    tag pg_catalog.text, transaction pg_catalog.text, names pg_catalog.name[], OUT seen pg_catalog.json, OUT reached pg_catalog.json)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET quote_all_identifiers = off
SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off AS $ctb$
DECLARE
    since int := pg_catalog.age((transaction::bigint % 4294967296)::pg_catalog.text::pg_catalog.xid);
    relations pg_catalog.oid[]; routines pg_catalog.oid[]; types pg_catalog.oid[]; spaces pg_catalog.oid[]; columns pg_catalog.oid[];
BEGIN
    IF names IS NULL THEN
        relations := ARRAY(SELECT c.oid FROM pg_catalog.pg_class c WHERE pg_catalog.age(c.xmin) <= since);
        routines := ARRAY(SELECT p.oid FROM pg_catalog.pg_proc p WHERE pg_catalog.age(p.xmin) <= since);
        types := ARRAY(SELECT t.oid FROM pg_catalog.pg_type t WHERE pg_catalog.age(t.xmin) <= since AND t.typrelid = 0 AND t.typelem = 0);
        spaces := ARRAY(SELECT n.oid FROM pg_catalog.pg_namespace n WHERE pg_catalog.age(n.xmin) <= since);
        columns := ARRAY(SELECT DISTINCT a.attrelid FROM pg_catalog.pg_attribute a WHERE pg_catalog.age(a.xmin) <= since AND a.attrelid >= 16384);
    ELSE
        relations := ARRAY(SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname = ANY (names));
        columns := ARRAY(SELECT DISTINCT a.attrelid FROM pg_catalog.pg_attribute a
                         WHERE a.attrelid = ANY (relations) AND pg_catalog.age(a.xmin) <= since AND a.attrelid >= 16384);
        relations := ARRAY(SELECT c.oid FROM pg_catalog.pg_class c WHERE c.oid = ANY (relations) AND pg_catalog.age(c.xmin) <= since);
        routines := ARRAY(SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.proname = ANY (names) AND pg_catalog.age(p.xmin) <= since);
        types := ARRAY(SELECT t.oid FROM pg_catalog.pg_type t
                       WHERE t.typname = ANY (names) AND pg_catalog.age(t.xmin) <= since AND t.typrelid = 0 AND t.typelem = 0);
        spaces := ARRAY(SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (names) AND pg_catalog.age(n.xmin) <= since);
    END IF;
    seen := (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_array(tag, g.type, o.identity, g.class, g.oid, 0, NULL) ORDER BY g.class, g.oid)
        FROM (SELECT 'table' AS type, 'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.oid FROM pg_catalog.pg_class c
              WHERE c.oid = ANY (relations) AND c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
                AND c.relnamespace <> 'pg_toast'::pg_catalog.regnamespace
              UNION ALL SELECT 'function', 'pg_catalog.pg_proc'::pg_catalog.regclass, r FROM pg_catalog.unnest(routines) AS r
              UNION ALL SELECT 'type', 'pg_catalog.pg_type'::pg_catalog.regclass, r FROM pg_catalog.unnest(types) AS r
              UNION ALL SELECT 'schema', 'pg_catalog.pg_namespace'::pg_catalog.regclass, r FROM pg_catalog.unnest(spaces) AS r) AS g,
             LATERAL pg_catalog.pg_identify_object(g.class, g.oid, 0) AS o);
    IF seen IS NULL AND pg_catalog.cardinality(columns) = 0 THEN
        seen := pg_catalog.json_build_array(pg_catalog.json_build_array('GRANT', 'other', NULL, 'other', 0, 0, NULL));
    END IF;
    reached := (SELECT pg_catalog.json_agg(DISTINCT w.oid) FROM (
        SELECT r::bigint AS oid FROM pg_catalog.unnest(columns) AS r
        UNION ALL SELECT 0 FROM pg_catalog.unnest(routines) AS r
        WHERE r < 16384 OR EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = r AND m.deptype = 'e')
        UNION ALL SELECT 0 FROM pg_catalog.unnest(relations) AS r
        WHERE r < 16384 OR EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = r AND m.deptype = 'e')
        UNION ALL SELECT 0 FROM pg_catalog.pg_language l WHERE pg_catalog.age(l.xmin) <= since
        UNION ALL SELECT 0 FROM pg_catalog.pg_foreign_server s WHERE pg_catalog.age(s.xmin) <= since
        UNION ALL SELECT 0 FROM pg_catalog.pg_foreign_data_wrapper f WHERE pg_catalog.age(f.xmin) <= since) AS w);
END
$ctb$;

-- The table that an index, a constraint, a trigger and the like are of. Each catalog has a query of its own: with more than 15
-- relations locked behind a statement the server looks through all locks of the transaction (resowner.c, MAX_RESOWNER_LOCKS).
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_table(class pg_catalog.oid, object pg_catalog.oid) RETURNS pg_catalog.oid
LANGUAGE plpgsql STABLE SET search_path = '' AS $ctb$
BEGIN
    CASE class
        WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN RETURN (SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = object);
        WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN RETURN (SELECT nullif(k.conrelid, 0) FROM pg_catalog.pg_constraint k WHERE k.oid = object);
        WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN RETURN (SELECT t.tgrelid FROM pg_catalog.pg_trigger t WHERE t.oid = object);
        WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN RETURN (SELECT p.polrelid FROM pg_catalog.pg_policy p WHERE p.oid = object);
        WHEN 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN RETURN (SELECT r.ev_class FROM pg_catalog.pg_rewrite r WHERE r.oid = object);
        WHEN 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass THEN RETURN (SELECT x.stxrelid FROM pg_catalog.pg_statistic_ext x WHERE x.oid = object);
        ELSE RETURN NULL;
    END CASE;
END
$ctb$;

CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_ddl() RETURNS pg_catalog.event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET quote_all_identifiers = off SET enable_seqscan = off AS $ctb$
DECLARE
    seen pg_catalog.json; reached pg_catalog.json; context pg_catalog.text; relations pg_catalog.oid[];
BEGIN
    IF tg_tag IN ('GRANT', 'REVOKE') THEN
        -- The server does not tell on what. Where the statement that was sent is the GRANT, its text does, and the session asks.
        GET DIAGNOSTICS context = PG_CONTEXT;
        IF pg_catalog.strpos(context, E'\n') = 0 AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_event_trigger_ddl_commands() AS c WHERE c.in_extension)
        THEN
            RAISE INFO USING ERRCODE = 'CTB05', MESSAGE = pg_catalog.concat({key}, pg_catalog.json_build_array(
                pg_catalog.pg_current_xact_id()::pg_catalog.text, pg_catalog.current_setting('lock_timeout'), tg_tag));
            RETURN;
        END IF;
        SELECT g.seen, g.reached INTO seen, reached
        FROM pg_catalog.pytest_ctb_granted(tg_tag, pg_catalog.pg_current_xact_id()::pg_catalog.text, NULL) AS g;
    ELSE
        SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
            c.command_tag, c.object_type, c.object_identity, c.classid::pg_catalog.regclass, c.objid, c.objsubid,
            CASE WHEN c.classid <> 'pg_catalog.pg_class'::pg_catalog.regclass OR c.object_type = 'index'
                 THEN pg_catalog.pytest_ctb_table(c.classid, c.objid) END)),
            pg_catalog.array_agg(c.objid) FILTER (WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)
        INTO seen, relations
        FROM pg_catalog.pg_event_trigger_ddl_commands() AS c
        WHERE NOT c.in_extension;
    END IF;
    IF seen IS NOT NULL THEN
        RAISE INFO USING ERRCODE = 'CTB01', MESSAGE = pg_catalog.concat({key}, pg_catalog.json_build_array(
            pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text, pg_catalog.current_setting('lock_timeout'), seen));
    END IF;
    IF tg_tag = 'DROP OWNED' THEN
        reached := '[0]'; -- anything
    ELSIF tg_tag NOT IN ('ALTER TABLE', 'ALTER INDEX', 'CREATE INDEX') THEN
        NULL;
    ELSIF EXISTS (SELECT FROM pg_catalog.pg_class r WHERE r.oid = ANY (relations) AND (r.relhassubclass OR r.relkind IN ('p', 'I'))) THEN
        -- A command on a table that has partitions or children, or on its index, reaches these too, and those that it takes
        -- in, or lets go: of them the server tells nothing, but the rows that this transaction wrote do.
        reached := (
            WITH RECURSIVE root AS (
                SELECT r.oid FROM pg_catalog.pg_event_trigger_ddl_commands() AS c JOIN pg_catalog.pg_class r ON r.oid = c.objid
                WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND (r.relhassubclass OR r.relkind IN ('p', 'I'))
            ), below AS (
                SELECT oid FROM root
                UNION SELECT h.inhrelid FROM below b JOIN pg_catalog.pg_inherits h ON h.inhparent = b.oid
            ), above AS (
                SELECT oid FROM root
                UNION SELECT h.inhparent FROM above a JOIN pg_catalog.pg_inherits h ON h.inhrelid = a.oid
            )
            SELECT pg_catalog.json_agg(DISTINCT w.oid::bigint) FROM (
                SELECT oid FROM below UNION ALL SELECT oid FROM above
                UNION ALL SELECT c.oid FROM pg_catalog.pg_class c
                WHERE pg_catalog.age(c.xmin) <= 0
                  AND c.relkind IN ('r', 'p', 'f', 'i', 'I') AND EXISTS (SELECT FROM root)) AS w);
    END IF;
    IF reached IS NOT NULL THEN
        RAISE INFO USING ERRCODE = 'CTB04', MESSAGE = pg_catalog.concat({key}, reached);
    END IF;
END
$ctb$;

CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_drop() RETURNS pg_catalog.event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET quote_all_identifiers = off AS $ctb$
DECLARE
    seen pg_catalog.json;
BEGIN
    SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
        d.object_type, d.object_identity, d.classid::pg_catalog.regclass, d.objid, d.objsubid, d.original, d.address_names, d.is_temporary))
    INTO seen FROM pg_catalog.pg_event_trigger_dropped_objects() AS d;
    IF seen IS NOT NULL THEN
        RAISE INFO USING ERRCODE = 'CTB02', MESSAGE = pg_catalog.concat({key}, seen);
    END IF;
END
$ctb$;

CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_rewrite() RETURNS pg_catalog.event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $ctb$
BEGIN
    RAISE INFO USING ERRCODE = 'CTB03', MESSAGE = pg_catalog.concat({key}, pg_catalog.pg_event_trigger_table_rewrite_oid());
END
$ctb$;

-- The highest number that an object or the storage of one has, which come from one counter: what comes after it is new.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_mark() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $ctb$
BEGIN
    PERFORM pg_catalog.pg_stat_force_next_flush();
    RETURN (
        -- ask: mark
        SELECT greatest((SELECT pg_catalog.max(oid) FROM pg_catalog.pg_class), (SELECT pg_catalog.max(oid) FROM pg_catalog.pg_proc), (SELECT pg_catalog.max(oid) FROM pg_catalog.pg_type),
                        (SELECT pg_catalog.max(oid) FROM pg_catalog.pg_namespace), (SELECT pg_catalog.max(oid) FROM pg_catalog.pg_constraint),
                        (SELECT pg_catalog.max(f.newest) FROM (SELECT 0::pg_catalog.oid UNION ALL SELECT oid FROM pg_catalog.pg_tablespace) AS s(oid),
                                LATERAL (SELECT pg_catalog.max(c.relfilenode) FROM pg_catalog.pg_class c WHERE c.reltablespace = s.oid) AS f(newest)))::bigint
        -- asked
    );
END
$ctb$;

-- The same, where no relation or function has any of these names, and no event trigger but ours makes a statement do more
-- than it says; else NULL. A schema without a name is the current one, in which what is made without a schema is found
-- again: but for what Postgres's own schema has, and for functions, of which other arguments may be found elsewhere.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_free(schemas pg_catalog.name[], names pg_catalog.name[], current pg_catalog.name) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $ctb$
DECLARE
    bare boolean := '' = ANY (schemas);
    spaces pg_catalog.oid[] := ARRAY(
        SELECT n.oid FROM pg_catalog.pg_namespace AS n
        WHERE n.nspname = ANY (schemas) OR (bare AND n.nspname = ANY (ARRAY['pg_catalog', current])));
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relname = ANY (names) AND c.relnamespace = ANY (spaces))
        OR EXISTS (SELECT FROM pg_catalog.pg_proc AS p WHERE p.proname = ANY (names) AND (bare OR p.pronamespace = ANY (spaces)))
        OR EXISTS (SELECT FROM pg_catalog.pg_event_trigger AS e WHERE NOT pg_catalog.starts_with(e.evtname::pg_catalog.text, 'pytest_ctb_'))
    THEN
        RETURN NULL;
    END IF;
    RETURN pg_catalog.pytest_ctb_mark();
END
$ctb$;

-- Leave indexes as a CREATE INDEX CONCURRENTLY leaves them that is broken off; only those that this transaction has made.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_invalidate(indexes pg_catalog.oid[]) RETURNS pg_catalog.void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $ctb$
BEGIN
    UPDATE pg_catalog.pg_index AS i SET indisvalid = false, indisready = false
    WHERE i.indexrelid = ANY (indexes) AND i.xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid;
END
$ctb$;

-- The transaction as it stands: its id, how long it waits for locks, and for each relation that it has locked the modes and
-- the counters. These count what the session has not reported yet, earlier transactions included: so it reports at the end
-- of each. The last two are the rows that were there when the transaction began, and about how many bytes one takes: what
-- the planner reckons with where it has no statistics (plancat.c, get_rel_data_width), for the file also holds what the
-- trials have rolled back. Of what the transaction has dropped, the modes alone. What is above `border` is left out, but for
-- `known`, indexes of what is not, and tables of which rows were written: nobody waits for what the file itself has made.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_probe(border bigint, known pg_catalog.oid[]) RETURNS pg_catalog.json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET jit = off SET enable_seqscan = off AS $ctb$
BEGIN
    PERFORM pg_catalog.pg_stat_force_next_flush();
    RETURN (
        -- ask: probe
        SELECT pg_catalog.json_build_array(
            pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text, pg_catalog.current_setting('lock_timeout'),
            pg_catalog.json_agg(pg_catalog.json_build_array(
                l.relation::bigint, n.nspname, c.relname, c.relkind, l.modes,
                pg_catalog.pg_stat_get_xact_tuples_inserted(l.relation), pg_catalog.pg_stat_get_xact_tuples_updated(l.relation),
                pg_catalog.pg_stat_get_xact_tuples_deleted(l.relation), pg_catalog.pg_stat_get_xact_numscans(l.relation),
                coalesce(pg_catalog.pg_relation_filenode(l.relation)::bigint, 0),
                coalesce((SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = l.relation), l.relation)::bigint,
                CASE WHEN c.relkind = ANY ('{r,m}') THEN pg_catalog.pg_stat_get_live_tuples(l.relation) ELSE 0 END,
                CASE WHEN c.relkind = ANY ('{r,m}')
                      AND pg_catalog.pg_stat_get_live_tuples(l.relation) + pg_catalog.pg_stat_get_xact_tuples_inserted(l.relation) > 0
                     THEN (SELECT 28 + coalesce(pg_catalog.sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END), 0) FROM pg_catalog.pg_attribute a
                           WHERE a.attrelid = l.relation AND a.attnum > 0 AND NOT a.attisdropped) ELSE 0 END))
                FILTER (WHERE c.oid IS NOT NULL AND n.nspname <> 'pg_toast' AND c.relpersistence <> 't'),
            pg_catalog.json_agg(pg_catalog.json_build_array(l.relation::bigint, l.modes)) FILTER (WHERE c.oid IS NULL))
        FROM (SELECT relation, pg_catalog.array_agg(mode) AS modes FROM pg_catalog.pg_locks
              WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND relation >= 16384
                AND mode <> 'SIReadLock' GROUP BY relation) AS l
        LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
        LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE l.relation::bigint <= border OR c.oid IS NULL OR l.relation = ANY (known)
           OR pg_catalog.pg_stat_get_xact_tuples_inserted(l.relation) + pg_catalog.pg_stat_get_xact_tuples_updated(l.relation)
              + pg_catalog.pg_stat_get_xact_tuples_deleted(l.relation) > 0
           OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = l.relation AND i.indrelid::bigint <= border)
        -- asked
    );
END
$ctb$;

-- Who reads or writes relations without naming them, for each that is there: asked in another session, which sees what
-- the application sees, while the migration's transaction is open.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_readers(relations pg_catalog.oid[]) RETURNS pg_catalog.json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN (
        -- ask: readers
        SELECT pg_catalog.json_agg(pg_catalog.json_build_array(l.oid::bigint, {readers}))
        FROM pg_catalog.pg_class AS l WHERE l.oid = ANY (relations)
        -- asked
    );
END
$ctb$;

-- What an application can name of what was changed, and of what stands on that. Expressions are worded as the session's
-- own search_path has it, as whoever writes them would.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_named(
    tables pg_catalog.oid[], relation_names pg_catalog.text[], schema_names pg_catalog.text[], type_names pg_catalog.text[],
    function_names pg_catalog.text[], own_names pg_catalog.name[]) RETURNS SETOF pg_catalog.json
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN QUERY
    -- ask: named
    {named}
    -- asked
    ;
END
$ctb$;

-- The sequences that the transaction has used: it keeps their locks.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_sequences() RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN QUERY
    -- ask: sequences
    SELECT l.relation::bigint
    FROM pg_catalog.pg_locks l, LATERAL (SELECT FROM pg_catalog.pg_sequence s WHERE s.seqrelid = l.relation OFFSET 0) AS used
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation'
        AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    -- asked
    ;
END
$ctb$;

-- What statements of downstream code are sent to; their names are found as the session finds them.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_sent_to(
    sent_names pg_catalog.text[], types pg_catalog.oid[], extensions pg_catalog.name[]) RETURNS pg_catalog.json
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN (
    -- ask: sent_to
    {sent_to}
    -- asked
    );
END
$ctb$;

-- The routine of that name and of these types of arguments, or NULL: before 16 to_regprocedure raises where a type is gone.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_routine(name pg_catalog.text) RETURNS pg_catalog.oid
LANGUAGE plpgsql SET search_path = '' AS $ctb$
BEGIN
    RETURN pg_catalog.to_regprocedure(name)::pg_catalog.oid;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$ctb$;

-- The chosen objects, as catalog.sql words them: by number, or by name where a number is not known (any more). `as_digest`: a
-- digest of their rows in the catalogs instead, of all that catalog.sql tells; where that is equal, so are the words, and
-- it is had at a third of the cost. What Postgres counts there for itself is left out. Before the objects stands a row with
-- the numbers of all relations that were looked at.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_objects(
    relation_oids pg_catalog.oid[], relation_names pg_catalog.text[],
    routine_oids pg_catalog.oid[], routine_names pg_catalog.text[],
    type_oids pg_catalog.oid[], type_names pg_catalog.text[],
    space_oids pg_catalog.oid[], space_names pg_catalog.text[], as_digest boolean)
RETURNS TABLE (
    kind pg_catalog.text, name pg_catalog.text, definition pg_catalog.text, of_kind pg_catalog.text, of_name pg_catalog.text)
LANGUAGE plpgsql SECURITY DEFINER {plain} SET plan_cache_mode = force_generic_plan SET jit = off
-- Planned once, while the catalogs are all but empty: every look into them has to go by an index from the start.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
#variable_conflict use_column
DECLARE
    relations pg_catalog.oid[] := '{}'; routines pg_catalog.oid[] := '{}';
    types pg_catalog.oid[] := '{}'; spaces pg_catalog.oid[] := '{}';
    described pg_catalog.oid[]; raw pg_catalog.text;
BEGIN
    -- Each look that is spared counts: this runs for every file several times.
    IF pg_catalog.cardinality(routine_oids) + pg_catalog.cardinality(routine_names) > 0 THEN
        routines := ARRAY(SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.oid = ANY (routine_oids)
                          UNION SELECT r FROM pg_catalog.unnest(routine_names) AS n, LATERAL pg_catalog.pytest_ctb_routine(n) AS r WHERE r IS NOT NULL);
    END IF;
    IF pg_catalog.cardinality(type_oids) + pg_catalog.cardinality(type_names) > 0 THEN
        types := ARRAY(SELECT t.oid FROM pg_catalog.pg_type t WHERE t.oid = ANY (type_oids)
                       UNION SELECT pg_catalog.to_regtype(n)::pg_catalog.oid FROM pg_catalog.unnest(type_names) AS n WHERE pg_catalog.to_regtype(n) IS NOT NULL);
    END IF;
    IF pg_catalog.cardinality(space_oids) + pg_catalog.cardinality(space_names) > 0 THEN
        spaces := ARRAY(SELECT s.oid FROM pg_catalog.pg_namespace s WHERE s.oid = ANY (space_oids)
                        UNION SELECT pg_catalog.to_regnamespace(n)::pg_catalog.oid FROM pg_catalog.unnest(space_names) AS n WHERE pg_catalog.to_regnamespace(n) IS NOT NULL);
    END IF;
    IF pg_catalog.cardinality(relation_oids) + pg_catalog.cardinality(relation_names) > 0 THEN
        relations := ARRAY(SELECT c.oid FROM pg_catalog.pg_class c WHERE c.oid = ANY (relation_oids)
                           UNION SELECT pg_catalog.to_regclass(n)::pg_catalog.oid FROM pg_catalog.unnest(relation_names) AS n WHERE pg_catalog.to_regclass(n) IS NOT NULL);
        types := types || ARRAY(SELECT c.reltype FROM pg_catalog.pg_class c WHERE c.oid = ANY (relations) AND c.relkind = 'c');
    END IF;
    IF pg_catalog.cardinality(types) > 0 THEN
        relations := relations || ARRAY(SELECT t.typrelid FROM pg_catalog.pg_type t WHERE t.oid = ANY (types) AND t.typrelid <> 0);
    END IF;
    described := relations || routines || types || spaces;
    IF pg_catalog.cardinality(relations) > 0 THEN
        relations := relations || ARRAY(SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = ANY (relations));
        relations := ARRAY(
            SELECT pg_catalog.unnest(relations)
            UNION SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indrelid = ANY (relations)
            UNION SELECT d.objid FROM pg_catalog.pg_depend d WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ANY (relations)
                AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i'));
        described := described || ARRAY(
            SELECT pg_catalog.unnest(relations)
            UNION ALL SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid = ANY (relations)
            UNION ALL SELECT g.oid FROM pg_catalog.pg_trigger g WHERE g.tgrelid = ANY (relations)
            UNION ALL SELECT p.oid FROM pg_catalog.pg_policy p WHERE p.polrelid = ANY (relations)
            UNION ALL SELECT w.oid FROM pg_catalog.pg_rewrite w WHERE w.ev_class = ANY (relations)
            UNION ALL SELECT x.oid FROM pg_catalog.pg_statistic_ext x WHERE x.stxrelid = ANY (relations));
    END IF;
    IF pg_catalog.cardinality(types) > 0 THEN
        described := described
            || ARRAY(SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.contypid = ANY (types) AND k.contypid <> 0);
    END IF;
    IF pg_catalog.cardinality(described) = 0 THEN
        RETURN;
    END IF;
    IF as_digest THEN
        raw := (SELECT pg_catalog.string_agg(x, E'\n' ORDER BY x) FROM (
            SELECT ROW('description', d.classoid, d.objoid, d.objsubid, d.description)::pg_catalog.text
            FROM pg_catalog.pg_description d WHERE d.objoid = ANY (described)
            UNION ALL
            SELECT ROW('dependency', d.classid, d.objid, d.refobjid)::pg_catalog.text
            FROM pg_catalog.pg_depend d WHERE d.objid = ANY (described) AND d.deptype = 'x'
                AND d.classid = ANY ('{pg_catalog.pg_class,pg_catalog.pg_proc,pg_catalog.pg_trigger}'::pg_catalog.regclass[])) AS found(x));
        IF pg_catalog.cardinality(relations) > 0 THEN
            raw := pg_catalog.concat_ws(E'\n', raw, (SELECT pg_catalog.string_agg(x, E'\n' ORDER BY x) FROM (
                SELECT ROW('class', c.oid, c.relname, c.relnamespace, c.reloftype, c.relowner, c.relam, c.reltablespace,
                           c.relpersistence, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relispopulated,
                           c.relreplident, c.relispartition, c.relacl, c.reloptions, c.relpartbound)::pg_catalog.text
                FROM pg_catalog.pg_class c WHERE c.oid = ANY (relations)
                UNION ALL
                SELECT ROW('toast', c.oid, t.reloptions)::pg_catalog.text
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = ANY (relations)
                UNION ALL
                SELECT ROW('attribute', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attislocal,
                           a.attidentity, a.attgenerated, a.attcollation, a.attstorage, a.attcompression,
                           a.attstattarget, a.attacl, a.attoptions, a.attfdwoptions)::pg_catalog.text
                FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY (relations) AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL
                SELECT ROW('default', d.adrelid, d.adnum, d.adbin)::pg_catalog.text FROM pg_catalog.pg_attrdef d WHERE d.adrelid = ANY (relations)
                UNION ALL
                SELECT ROW('index', i.*)::pg_catalog.text FROM pg_catalog.pg_index i WHERE i.indrelid = ANY (relations)
                UNION ALL
                SELECT ROW('constraint', k.*)::pg_catalog.text FROM pg_catalog.pg_constraint k WHERE k.conrelid = ANY (relations)
                UNION ALL
                SELECT ROW('parent', h.*)::pg_catalog.text FROM pg_catalog.pg_inherits h WHERE h.inhrelid = ANY (relations)
                UNION ALL
                SELECT ROW('partitioned', p.*)::pg_catalog.text FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = ANY (relations)
                UNION ALL
                SELECT ROW('sequence', q.*)::pg_catalog.text FROM pg_catalog.pg_sequence q WHERE q.seqrelid = ANY (relations)
                UNION ALL
                SELECT ROW('owned', d.objid, d.refobjid, d.refobjsubid, d.deptype)::pg_catalog.text FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = ANY (relations) AND d.deptype IN ('a', 'i')
                    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                UNION ALL
                SELECT ROW('foreign', f.*)::pg_catalog.text FROM pg_catalog.pg_foreign_table f WHERE f.ftrelid = ANY (relations)
                UNION ALL
                SELECT ROW('trigger', g.*)::pg_catalog.text FROM pg_catalog.pg_trigger g WHERE g.tgrelid = ANY (relations)
                UNION ALL
                SELECT ROW('policy', p.*)::pg_catalog.text FROM pg_catalog.pg_policy p WHERE p.polrelid = ANY (relations)
                UNION ALL
                SELECT ROW('rule', w.*)::pg_catalog.text FROM pg_catalog.pg_rewrite w WHERE w.ev_class = ANY (relations)
                UNION ALL
                SELECT ROW('statistics', x.*)::pg_catalog.text FROM pg_catalog.pg_statistic_ext x WHERE x.stxrelid = ANY (relations)
            ) AS found(x)));
        END IF;
        IF pg_catalog.cardinality(routines) + pg_catalog.cardinality(types) + pg_catalog.cardinality(spaces) > 0 THEN
            raw := pg_catalog.concat_ws(E'\n', raw, (SELECT pg_catalog.string_agg(x, E'\n' ORDER BY x) FROM (
                SELECT ROW('routine', p.*)::pg_catalog.text FROM pg_catalog.pg_proc p WHERE p.oid = ANY (routines)
                UNION ALL
                SELECT ROW('aggregate', g.*)::pg_catalog.text FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid::pg_catalog.oid = ANY (routines)
                UNION ALL
                SELECT ROW('type', t.*)::pg_catalog.text FROM pg_catalog.pg_type t WHERE t.oid = ANY (types)
                UNION ALL
                SELECT ROW('value', e.*)::pg_catalog.text FROM pg_catalog.pg_enum e WHERE e.enumtypid = ANY (types)
                UNION ALL
                SELECT ROW('range', g.*)::pg_catalog.text FROM pg_catalog.pg_range g WHERE g.rngtypid = ANY (types)
                UNION ALL
                SELECT ROW('domain', k.*)::pg_catalog.text FROM pg_catalog.pg_constraint k WHERE k.contypid = ANY (types) AND k.contypid <> 0
                UNION ALL
                SELECT ROW('schema', s.*)::pg_catalog.text FROM pg_catalog.pg_namespace s WHERE s.oid = ANY (spaces)
            ) AS found(x)));
        END IF;
        RETURN QUERY SELECT 'digest', pg_catalog.md5(raw), NULL, NULL, NULL;
        RETURN;
    END IF;
    RETURN QUERY SELECT 'relations', relations::pg_catalog.text, NULL, NULL, NULL;
    RETURN QUERY {catalog};
END
$ctb$;

-- What cluster.sql tells, which no event trigger hears of; `as_digest`: a digest of the rows instead, with what only a superuser
-- may read. `ours` are the roles that are ours on a server of others, NULL where all are.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_unheard(ours pg_catalog.text[], as_digest boolean)
RETURNS TABLE (
    kind pg_catalog.text, name pg_catalog.text, definition pg_catalog.text, of_kind pg_catalog.text, of_name pg_catalog.text)
LANGUAGE plpgsql SECURITY DEFINER {plain} SET plan_cache_mode = force_generic_plan SET jit = off AS $ctb$
#variable_conflict use_column
BEGIN
    IF as_digest THEN
        RETURN QUERY SELECT 'digest', pg_catalog.md5(pg_catalog.string_agg(x, E'\n' ORDER BY x)), NULL, NULL, NULL FROM (
            SELECT ROW('role', a.*)::pg_catalog.text FROM pg_catalog.pg_authid a
            UNION ALL SELECT ROW('membership', m.*)::pg_catalog.text FROM pg_catalog.pg_auth_members m
            UNION ALL SELECT ROW('setting', s.*)::pg_catalog.text FROM pg_catalog.pg_db_role_setting s
            UNION ALL SELECT ROW('database', d.datdba, d.datacl, d.datconnlimit, d.datallowconn, d.datistemplate, d.dattablespace)::pg_catalog.text
            FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
            UNION ALL SELECT ROW('other', d.datname, d.datdba, d.datacl, d.datconnlimit, d.datallowconn, d.datistemplate, d.dattablespace)::pg_catalog.text
            FROM pg_catalog.pg_database d WHERE NOT pg_catalog.starts_with(d.datname::pg_catalog.text, 'pytest_ctb')
            UNION ALL SELECT ROW('tablespace', t.*)::pg_catalog.text FROM pg_catalog.pg_tablespace t
            /* from 15: UNION ALL SELECT ROW('parameter', p.*)::pg_catalog.text FROM pg_catalog.pg_parameter_acl p */
            UNION ALL SELECT ROW('comment', c.*)::pg_catalog.text FROM pg_catalog.pg_shdescription c
            UNION ALL SELECT ROW('event trigger', e.*)::pg_catalog.text FROM pg_catalog.pg_event_trigger e
            UNION ALL SELECT ROW('subscription', s.*)::pg_catalog.text FROM pg_catalog.pg_subscription s
            UNION ALL SELECT ROW('comment', d.*)::pg_catalog.text FROM pg_catalog.pg_description d
            WHERE d.classoid = ANY ('{pg_catalog.pg_event_trigger,pg_catalog.pg_subscription}'::pg_catalog.regclass[])) AS found(x);
        RETURN;
    END IF;
    RETURN QUERY SELECT x.kind::pg_catalog.text, x.name::pg_catalog.text, x.definition::pg_catalog.text, x.of_kind::pg_catalog.text, x.of_name::pg_catalog.text
    FROM ({cluster}) AS x;
END
$ctb$;

-- What rows can be made for these tables of: columns, keys and CHECKs, those of the tables too that they cannot be
-- filled without. Of a table that was only reached, a reference that may be NULL leads no further.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_fillable(tables pg_catalog.oid[]) RETURNS SETOF pg_catalog.json
LANGUAGE plpgsql SECURITY DEFINER {plain} SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN QUERY
    -- ask: fillable
    WITH RECURSIVE reached(oid, asked) AS (
        SELECT o, true FROM pg_catalog.unnest(tables) AS o
        UNION SELECT k.confrelid, false FROM reached r, LATERAL (
            SELECT f.confrelid, f.conkey FROM pg_catalog.pg_constraint f WHERE f.conrelid = r.oid AND f.contype = 'f' OFFSET 0) AS k
        WHERE r.asked OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = r.oid AND a.attnum = ANY (k.conkey) AND NOT a.attnotnull)
    ), wanted(oid) AS (SELECT DISTINCT oid FROM reached)
    SELECT pg_catalog.json_build_array(c.oid::bigint, n.nspname, c.relname, c.relkind, pg_catalog.pg_get_expr(c.relpartbound, c.oid),
        (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attnum, a.attname, a.attnotnull, a.attidentity <> '', y.base, y.kind,
                         CASE WHEN a.atttypmod < 0 THEN y.limit ELSE a.atttypmod END, y.is_array, y.labels, y.fields,
                         y.checks, y.not_null) ORDER BY a.attnum)
         FROM pg_catalog.pg_attribute a,
         LATERAL (
            SELECT e.typname AS base, e.typtype AS kind, d.typtypmod AS limit, (b.oid <> e.oid) AS is_array,
                   CASE WHEN e.typtype = 'e' THEN (
                    SELECT pg_catalog.json_agg(l.enumlabel ORDER BY l.enumsortorder)
                    FROM pg_catalog.pg_enum l WHERE l.enumtypid = e.oid) END AS labels,
                   CASE WHEN e.typrelid = 0 THEN 0 ELSE (
                    SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute f
                    WHERE f.attrelid = e.typrelid AND f.attnum > 0 AND NOT f.attisdropped) END AS fields,
                   CASE WHEN d.typtype = 'd' THEN (
                    SELECT pg_catalog.json_agg(pg_catalog.json_build_array(k.conname, pg_catalog.pg_get_constraintdef(k.oid)))
                    FROM pg_catalog.pg_constraint k WHERE k.contypid = d.oid AND k.contype = 'c') END AS checks,
                   d.typnotnull AS not_null
            FROM pg_catalog.pg_type d
            JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
            JOIN pg_catalog.pg_type e
              ON e.oid = CASE WHEN b.typcategory = 'A' AND b.typelem <> 0 THEN b.typelem ELSE b.oid END
            WHERE d.oid = a.atttypid) AS y
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
        (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(k.conname, k.contype, k.conkey, k.confrelid::bigint, k.confkey, k.condeferrable,
                         CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_constraintdef(k.oid) END) ORDER BY k.conname)
         FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = ANY ('{c,f}')),
        (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                         r.relname, i.indkey::smallint[], CASE WHEN i.indexprs IS NOT NULL THEN pg_catalog.pg_get_indexdef(i.indexrelid) END)
                         ORDER BY NOT i.indisprimary, r.relname)
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class r ON r.oid = i.indexrelid
         WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion)),
        CASE WHEN c.relkind = 'p' THEN (SELECT pg_catalog.json_agg(pg_catalog.pg_get_expr(x.relpartbound, x.oid) ORDER BY x.oid)
         FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class x ON x.oid = h.inhrelid WHERE h.inhparent = c.oid) END,
        -- The columns that partitions are chosen by, its own and those of the tables that it is a partition of; 0: an expression.
        (SELECT pg_catalog.array_agg(DISTINCT coalesce(a.attnum, 0::smallint))
         FROM (SELECT c.oid UNION SELECT l.relid FROM pg_catalog.pg_partition_ancestors(c.oid) AS l(relid)) AS level(oid)
         JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = level.oid
         CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::smallint[]) AS k(number)
         LEFT JOIN pg_catalog.pg_attribute o ON o.attrelid = p.partrelid AND o.attnum = k.number
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = o.attname AND NOT a.attisdropped))
    FROM wanted w JOIN pg_catalog.pg_class c ON c.oid = w.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = ANY ('{r,p}') AND c.relpersistence <> 't'
    -- asked
    ;
END
$ctb$;

-- What the constraints of tables are, and the types of their columns, as a text that is another one after each change of these:
-- the versions of their rows in the catalogs. NULL where more decides which rows a table takes: what a trigger, a rule or a
-- function of somebody's does.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_versions(tables pg_catalog.oid[]) RETURNS SETOF pg_catalog.json
LANGUAGE plpgsql SECURITY DEFINER {plain} SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN QUERY
    -- ask: versions
    WITH RECURSIVE tree(root, oid) AS MATERIALIZED (
        SELECT o, o FROM pg_catalog.unnest(tables) AS o
        UNION SELECT o, p.relid::pg_catalog.oid
        FROM pg_catalog.unnest(tables) AS o, LATERAL (
            SELECT relid FROM pg_catalog.pg_partition_tree(o::pg_catalog.regclass)
            UNION ALL SELECT relid FROM pg_catalog.pg_partition_ancestors(o::pg_catalog.regclass)) AS p
    ), columns(root, atttypid, attgenerated) AS MATERIALIZED (
        SELECT r.root, a.atttypid, a.attgenerated FROM tree r, LATERAL (
            SELECT * FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attnum > 0 OFFSET 0) AS a
    ), made_types(root, oid) AS (
        SELECT c.root, c.atttypid FROM columns c WHERE c.atttypid >= 16384
        UNION SELECT y.root, inside FROM made_types y JOIN pg_catalog.pg_type t ON t.oid = y.oid,
            LATERAL pg_catalog.unnest(ARRAY[t.typelem, t.typbasetype]) AS inside
        WHERE inside >= 16384
    ), parts(root, class, oid, version) AS MATERIALIZED (
        SELECT r.root, 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, r.oid,
               CASE WHEN c.relispartition OR c.relkind = 'p' THEN c.xmin END
        FROM tree r JOIN pg_catalog.pg_class c ON c.oid = r.oid
        UNION ALL SELECT r.root, 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, k.xmin
        FROM tree r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
        UNION ALL SELECT r.root, 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid, i.xmin
        FROM tree r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
        WHERE i.indisunique OR i.indisexclusion OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
        UNION ALL SELECT y.root, 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.xmin
        FROM made_types y JOIN pg_catalog.pg_type t ON t.oid = y.oid
        UNION ALL SELECT y.root, 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, k.xmin
        FROM made_types y JOIN pg_catalog.pg_constraint k ON k.contypid = y.oid
        UNION ALL SELECT y.root, 0, l.oid, l.xmin FROM made_types y JOIN pg_catalog.pg_enum l ON l.enumtypid = y.oid
    ), more(root) AS (
        SELECT r.root FROM tree r JOIN pg_catalog.pg_class c ON c.oid = r.oid WHERE c.relhasrules
        UNION ALL SELECT r.root FROM tree r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid
        WHERE NOT g.tgisinternal AND (g.tgtype OPERATOR(pg_catalog.&) 4::smallint) <> 0::smallint
        UNION ALL SELECT c.root FROM columns c WHERE c.attgenerated <> ''
        UNION ALL SELECT y.root FROM made_types y JOIN pg_catalog.pg_type t ON t.oid = y.oid WHERE t.typtype = ANY ('{c,r,m}')
        UNION ALL SELECT p.root FROM parts p JOIN pg_catalog.pg_depend d ON d.classid = p.class AND d.objid = p.oid
        WHERE d.refobjid >= 16384 AND d.refclassid = ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass,
                'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]::pg_catalog.oid[])
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                            WHERE e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e')
    )
    SELECT pg_catalog.json_build_array(o::bigint, CASE WHEN NOT EXISTS (SELECT FROM more m WHERE m.root = o) THEN coalesce(
        (SELECT pg_catalog.string_agg(pg_catalog.concat(p.oid, ':', p.version), ' ') FROM parts p WHERE p.root = o), '') END)
    FROM pg_catalog.unnest(tables) AS o
    -- asked
    ;
END
$ctb$;

-- Let the policies of these tables hold or not, for the rest of the transaction. Not by an ALTER TABLE: that is refused while
-- a cursor or a trigger that is put off still has to do with the table, and event triggers would see it.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_row_security(tables pg_catalog.oid[], enabled boolean) RETURNS pg_catalog.void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $ctb$
BEGIN
    UPDATE pg_catalog.pg_class SET relrowsecurity = enabled WHERE oid = ANY (tables);
END
$ctb$;

-- Tables and their columns, primary keys and, of a part, the partitioned table.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_columns(tables pg_catalog.oid[], kinds pg_catalog."char"[]) RETURNS SETOF pg_catalog.json
LANGUAGE plpgsql SECURITY DEFINER {plain} SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN QUERY
    -- ask: columns
    SELECT pg_catalog.json_build_array(c.oid::bigint, n.nspname, c.relname,
           pg_catalog.array_agg(a.attnum ORDER BY a.attnum), pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum),
           pg_catalog.array_agg(
               CASE WHEN t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN pg_catalog.format_type(t.oid, a.atttypmod)
                    ELSE pg_catalog.concat(pg_catalog.quote_ident(s.nspname), '.', pg_catalog.quote_ident(t.typname)) END ORDER BY a.attnum),
           coalesce((SELECT i.indkey::smallint[]::int[] FROM pg_catalog.pg_index i
                     WHERE i.indrelid = c.oid AND i.indisprimary), '{}'),
           pg_catalog.array_agg(a.attgenerated <> '' ORDER BY a.attnum),
           CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid::bigint END,
           pg_catalog.has_table_privilege(session_user, c.oid, 'SELECT'), c.relrowsecurity)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_namespace s ON s.oid = t.typnamespace
    WHERE c.oid = ANY (tables) AND c.relkind = ANY (kinds) AND c.relpersistence <> 't'
    GROUP BY c.oid, n.nspname, c.relname
    -- asked
    ;
END
$ctb$;

-- What an ALTER may change of these relations and types, and of their columns, constraints, triggers, rules and values: a line
-- for each part, with tabs between the object that it is of, its own address, and the JSON of its kind, its name, what it is in
-- a word, and its properties. Another session asks too, while a transaction holds the tables locked: so nothing here may lock
-- one, as pg_get_constraintdef does.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_properties(relations pg_catalog.oid[], types pg_catalog.oid[]) RETURNS SETOF pg_catalog.text
LANGUAGE plpgsql SECURITY DEFINER {plain} SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $ctb$
BEGIN
    RETURN QUERY
    -- ask: properties
    WITH relation AS (
        SELECT c.*, n.nspname || '.' || c.relname AS name
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY (relations)
    ), kind_of_type AS (
        SELECT t.*, n.nspname || '.' || t.typname AS name
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = ANY (types)
    )
    SELECT pg_catalog.string_agg(pg_catalog.concat_ws(E'\t', of_catalog, of, catalog, oid, sub, part::pg_catalog.text), E'\n') FROM (
    SELECT 'pg_class', r.oid::bigint, 'pg_class', r.oid::bigint, 0, pg_catalog.json_build_array(r.relkind, r.name, '', pg_catalog.json_build_object(
        'owner', pg_catalog.pg_get_userbyid(r.relowner), 'options', pg_catalog.array_to_string(r.reloptions, ', '),
        'logged', CASE WHEN r.relpersistence <> 'u' THEN 'yes' END,
        'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = r.reltablespace),
        'access method', (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = r.relam),
        'row level security', CASE WHEN r.relrowsecurity THEN 'yes' END,
        'forced row level security', CASE WHEN r.relforcerowsecurity THEN 'yes' END,
        'replica identity', CASE WHEN r.relkind = ANY ('{r,p}') THEN r.relreplident END,
        'partition', CASE WHEN r.relispartition THEN 'yes' END))
    FROM relation r
    UNION ALL
    SELECT 'pg_class', r.oid::bigint, 'pg_class', r.oid::bigint, a.attnum, pg_catalog.json_build_array('column', r.name || '.' || a.attname,
        pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.json_build_object(
        'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'collation', (SELECT l.collname FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation AND l.oid <> y.typcollation),
        'not null', CASE WHEN a.attnotnull THEN 'yes' END,
        'default', CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, 0) END,
        'generated', nullif(a.attgenerated, ''), 'expression', CASE WHEN a.attgenerated <> '' THEN pg_catalog.md5(d.adbin::pg_catalog.text) END,
        'identity', nullif(a.attidentity, ''), 'storage', CASE WHEN a.attstorage <> y.typstorage THEN a.attstorage END,
        'compression', nullif(a.attcompression, ''), 'statistics', nullif(a.attstattarget, -1),
        'options', (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(a.attoptions) o WHERE o !~ '^pg_')))
    FROM relation r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND (a.attnum > 0) AND NOT a.attisdropped
    JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE r.relkind = ANY ('{r,p,f,v,c}')
    UNION ALL
    SELECT CASE WHEN r.oid IS NULL THEN 'pg_type' ELSE 'pg_class' END, coalesce(r.oid, t.oid)::bigint, 'pg_constraint', k.oid::bigint, 0, pg_catalog.json_build_array('constraint',
        coalesce(r.name, t.name) || '.' || k.conname,
        CASE k.contype WHEN 'c' THEN 'CHECK' WHEN 'f' THEN 'FOREIGN KEY' WHEN 'n' THEN 'NOT NULL' WHEN 'p' THEN 'PRIMARY KEY'
                       WHEN 'u' THEN 'UNIQUE' WHEN 'x' THEN 'EXCLUDE' ELSE 'TRIGGER' END,
        pg_catalog.json_build_object(
            'validated', CASE WHEN k.convalidated THEN 'yes' END,
            'deferrable', CASE WHEN k.condeferred THEN 'INITIALLY DEFERRED' WHEN k.condeferrable THEN 'yes' END,
            'enforced', CASE WHEN k.conenforced THEN 'yes' END,
            'inherited', CASE WHEN k.contype = ANY ('{c,n}') AND NOT k.connoinherit THEN 'yes' END))
    FROM pg_catalog.pg_constraint k
    LEFT JOIN relation r ON r.oid = k.conrelid LEFT JOIN kind_of_type t ON t.oid = k.contypid
    WHERE k.oid = ANY (ARRAY(SELECT oid FROM pg_catalog.pg_constraint WHERE conrelid = ANY (relations)
                             UNION ALL SELECT oid FROM pg_catalog.pg_constraint WHERE contypid = ANY (types)))
    UNION ALL
    SELECT 'pg_class', r.oid::bigint, 'pg_trigger', g.oid::bigint, 0, pg_catalog.json_build_array(CASE WHEN g.tgconstraint = 0 OR NOT g.tgisinternal THEN 'trigger' ELSE 'constraint' END,
        coalesce((SELECT n.nspname || '.' || c.relname || '.' || k.conname
                  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  WHERE k.oid = g.tgconstraint AND g.tgisinternal), r.name || '.' || g.tgname),
        '', pg_catalog.json_build_object('enabled', nullif(g.tgenabled, 'D')))
    FROM relation r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid
    UNION ALL
    SELECT 'pg_class', r.oid::bigint, 'pg_rewrite', w.oid::bigint, 0, pg_catalog.json_build_array('rule', r.name || '.' || w.rulename, '',
        pg_catalog.json_build_object('enabled', nullif(w.ev_enabled, 'D')))
    FROM relation r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'pg_class', r.oid::bigint, 'pg_sequence', r.oid::bigint, 0, pg_catalog.json_build_array('sequence', r.name, '', pg_catalog.json_build_object(
        'type', pg_catalog.format_type(q.seqtypid, NULL), 'start', q.seqstart, 'increment', q.seqincrement, 'minimum', q.seqmin,
        'maximum', q.seqmax, 'cache', q.seqcache, 'cycle', CASE WHEN q.seqcycle THEN 'yes' END))
    FROM relation r JOIN pg_catalog.pg_sequence q ON q.seqrelid = r.oid
    UNION ALL
    SELECT 'pg_type', t.oid::bigint, 'pg_type', t.oid::bigint, 0, pg_catalog.json_build_array('type', t.name, '', pg_catalog.json_build_object(
        'owner', pg_catalog.pg_get_userbyid(t.typowner), 'default', t.typdefault, 'not null', CASE WHEN t.typnotnull THEN 'yes' END))
    FROM kind_of_type t
    UNION ALL
    SELECT 'pg_type', t.oid::bigint, 'pg_enum', e.oid::bigint, 0, pg_catalog.json_build_array('value', t.name, e.enumlabel,
        pg_catalog.json_build_object('value', e.enumlabel))
    FROM kind_of_type t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
    ) AS described(of_catalog, of, catalog, oid, sub, part)
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
