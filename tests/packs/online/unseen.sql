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
