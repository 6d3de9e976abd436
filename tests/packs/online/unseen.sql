-- case: a procedure that commits
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1; COMMIT; END $$;
CALL shop.fill(); -- ON10
-- case: a procedure that commits in a loop
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..3 LOOP UPDATE shop.orders SET total = i WHERE id = i; COMMIT; END LOOP; END $$;
CALL shop.fill(); -- ON10
-- case: a procedure that alters, and commits
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; COMMIT; END $$;
CALL shop.fill(); -- ON10
-- case: a procedure that commits before it alters
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN COMMIT; ALTER TABLE shop.orders ADD COLUMN tax int; END $$;
CALL shop.fill(); -- ON10
-- case: a procedure that rolls back
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1; ROLLBACK; END $$;
CALL shop.fill(); -- ON10
-- case: a procedure that calls one that commits
CREATE PROCEDURE shop.inner() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1; COMMIT; END $$;
CREATE PROCEDURE shop.outer() LANGUAGE plpgsql AS $$ BEGIN CALL shop.inner(); END $$;
CALL shop.outer(); -- ON10
-- case: two calls
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1; COMMIT; END $$;
CALL shop.fill(); -- ON10
CALL shop.fill(); -- ON10
-- case: a procedure that commits a text
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'UPDATE shop.orders SET total = 1'; COMMIT; END $$;
CALL shop.fill(); -- ON10
-- case: a procedure that commits, with a value
CREATE PROCEDURE shop.fill(n int) LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = n; COMMIT; END $$;
CALL shop.fill(3); -- ON10
-- case: a procedure that deletes in batches
CREATE PROCEDURE shop.clear() LANGUAGE plpgsql AS $$ BEGIN LOOP DELETE FROM shop.logs WHERE ctid = ANY (ARRAY(SELECT ctid FROM shop.logs LIMIT 100)); EXIT WHEN NOT FOUND; COMMIT; END LOOP; COMMIT; END $$;
CALL shop.clear(); -- ON10
-- case: a procedure that does not commit
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1 WHERE id = 1; END $$;
CALL shop.fill();
-- case: a function
CREATE FUNCTION shop.fill() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1 WHERE id = 1; END $$;
SELECT shop.fill();
-- case: a DO block that commits, and names its tables
DO $$ BEGIN UPDATE shop.orders SET total = 1 WHERE id = 1; COMMIT; END $$;
-- case: a DO block that commits, and puts a text together
DO $$ BEGIN EXECUTE 'UPDATE shop.' || chr(111) || 'rders SET total = 1 WHERE id = 1'; COMMIT; END $$; -- ON10
-- case: a DO block that does not commit
DO $$ BEGIN EXECUTE 'UPDATE shop.' || chr(111) || 'rders SET total = 1 WHERE id = 1'; END $$;
-- case: what runs alone, and is looked at
CREATE INDEX CONCURRENTLY orders_total ON shop.orders (total);
DROP INDEX CONCURRENTLY shop.orders_total;
VACUUM shop.orders;
REINDEX TABLE CONCURRENTLY shop.orders;
-- case: what takes no lock
SELECT 1;
SET work_mem = '8MB';
-- case: what runs in a transaction
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
SAVEPOINT a;
CREATE TABLE shop.parcels (id int);
RELEASE a;
COMMIT;
-- case: every table is vacuumed
VACUUM;
VACUUM (ANALYZE, FULL off);
-- case: every table is written anew
VACUUM FULL; -- ON10
-- case: every index of a schema is built anew
REINDEX SCHEMA shop; -- ON10
-- case: every table with an order is clustered
ALTER TABLE shop.moods CLUSTER ON moods_pkey;
CLUSTER; -- ON10
-- case: a DO block that calls a procedure that commits
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1; COMMIT; END $$;
DO $$ BEGIN CALL shop.fill(); END $$; -- ON10
-- case: a DO block that commits, on whatever tables there are
DO $$ -- ON10
DECLARE t regclass;
BEGIN
    FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s SET (fillfactor = 90)', t);
        COMMIT;
    END LOOP;
END $$;
-- case: a DO block that commits, and reads a name from a table
DO $$ -- ON10
DECLARE t text;
BEGIN
    SELECT relname INTO t FROM pg_class WHERE relname = 'settings' AND relnamespace = 'shop'::regnamespace;
    EXECUTE 'ALTER TABLE shop.' || quote_ident(t) || ' ADD COLUMN rank int';
    COMMIT;
END $$;
-- case: a procedure that builds an index, and commits
CREATE PROCEDURE shop.indexed() LANGUAGE plpgsql AS $$ BEGIN CREATE INDEX ON shop.orders (total); COMMIT; END $$;
CALL shop.indexed(); -- ON10
-- case: a procedure that commits, and goes on with the same settings
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN LOCK TABLE shop.settings; COMMIT AND CHAIN; INSERT INTO shop.settings (key) VALUES ('a'); END $$;
CALL shop.fill(); -- ON10
-- case: a procedure that gives back what it did
CREATE PROCEDURE shop.count(INOUT n bigint) LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.items SET amount = 1; GET DIAGNOSTICS n = ROW_COUNT; COMMIT; END $$;
CALL shop.count(0); -- ON10
-- case: a procedure that follows a cursor
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    FOR r IN SELECT id FROM shop.orders LOOP
        UPDATE shop.items SET amount = 2 WHERE order_id = r.id;
        COMMIT;
    END LOOP;
    COMMIT;
END $$;
CALL shop.fill(); -- ON10
-- case: a procedure of the same name that does not commit stands beside it
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1 WHERE id = 1; END $$;
CREATE PROCEDURE shop.fill(n int) LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = n WHERE id = 1; COMMIT; END $$;
CALL shop.fill();
CALL shop.fill(n => 1 + 1); -- ON10
-- case: a procedure that commits is there, and nobody calls it
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1; COMMIT; END $$;
-- case: a procedure that might commit, and does not
CREATE PROCEDURE shop.fill(often boolean) LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1 WHERE id = 1; IF often THEN COMMIT; END IF; END $$;
CALL shop.fill(false);
-- case: a procedure that calls one, and none commits
CREATE PROCEDURE shop.inner() LANGUAGE plpgsql AS $$ BEGIN UPDATE shop.orders SET total = 1 WHERE id = 1; END $$;
CREATE PROCEDURE shop.outer() LANGUAGE plpgsql AS $$ BEGIN CALL shop.inner(); CALL shop.inner(); END $$;
CALL shop.outer();
-- case: a procedure in SQL
CREATE PROCEDURE shop.fill() LANGUAGE sql AS $$ INSERT INTO shop.settings (key) VALUES ('a'), ('b') $$;
CALL shop.fill();
-- case: a procedure inside a transaction
CREATE PROCEDURE shop.fill() LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; END $$;
BEGIN;
CALL shop.fill();
COMMIT;
-- case: a DO block that deletes in batches
DO $$ BEGIN LOOP DELETE FROM shop.logs WHERE ctid = ANY (ARRAY(SELECT ctid FROM ONLY shop.logs LIMIT 100)); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$;
-- case: a DO block that commits, and runs a constant text
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.orders ADD COLUMN tax int'; COMMIT; END $$;
-- case: a DO block that commits, and only makes tables
DO $$ BEGIN CREATE TABLE shop.parcels (id int); INSERT INTO shop.parcels SELECT generate_series(1, 9); COMMIT; UPDATE shop.parcels SET id = 1; END $$;
-- case: a DO block that rolls back
DO $$ BEGIN UPDATE shop.orders SET total = 1 WHERE id = 1; ROLLBACK; END $$;
-- case: a DO block that commits between two tables
DO $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; COMMIT; ALTER TABLE shop.customers ADD COLUMN tax int; COMMIT; END $$;
-- case: vacuum and analyze two tables
VACUUM (ANALYZE) shop.orders, shop.customers;
ANALYZE;
-- case: every index of a schema is built anew beside the old
REINDEX SCHEMA CONCURRENTLY shop;
-- case: an index is built anew beside the old
REINDEX INDEX CONCURRENTLY shop.orders_status;
DROP INDEX CONCURRENTLY IF EXISTS shop.orders_nothing;
-- case: a view is refreshed beside the old, and a value is added to a type
REFRESH MATERIALIZED VIEW CONCURRENTLY shop.daily;
ALTER TYPE shop.mood ADD VALUE 'mixed';
-- case: a partition leaves concurrently
ALTER TABLE shop.events DETACH PARTITION shop.events_2024 CONCURRENTLY;
-- case: everything of the session is forgotten
PREPARE few AS SELECT id FROM shop.orders LIMIT 3;
EXECUTE few;
DISCARD ALL;
-- case: messages
LISTEN changes;
NOTIFY changes;
UNLISTEN *;
-- case: a text that is put together, and commits nothing
DO $$ DECLARE t text; BEGIN SELECT relname INTO t FROM pg_class WHERE oid = 'shop.settings'::regclass; EXECUTE format('COMMENT ON TABLE shop.%I IS %L', t, 'x'); END $$;
