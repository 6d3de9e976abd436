-- case: every row
UPDATE shop.customers SET note = 'x'; -- ON05
-- case: every row without a value
UPDATE shop.customers SET note = '' WHERE note IS NULL; -- ON05
-- case: every row with a value
UPDATE shop.customers SET note = NULL WHERE note IS NOT NULL; -- ON05
-- case: rows by a column that is no key
UPDATE shop.orders SET total = 0 WHERE status = 'open'; -- ON05
-- case: rows by another table
UPDATE shop.orders SET code = left(c.email, 3) FROM shop.customers c WHERE c.id = orders.customer_id; -- ON05
-- case: delete all
DELETE FROM shop.logs_web; -- ON05
-- case: delete by a column that is no key
DELETE FROM shop.items WHERE amount < 100; -- ON05
-- case: delete by a subquery
DELETE FROM shop.items WHERE order_id IN (SELECT id FROM shop.orders WHERE status = 'open'); -- ON05
-- case: a row by its key
UPDATE shop.customers SET note = 'x' WHERE id = 5;
-- case: a row by a unique index
UPDATE shop.customers SET note = 'x' WHERE email = 'a@b.c';
-- case: a row by its key and more
UPDATE shop.customers SET note = 'x' WHERE id = 5 AND note IS NULL;
-- case: rows by a list of keys
DELETE FROM shop.settings WHERE key IN ('a', 'b', 'c');
-- case: rows by an array of keys
DELETE FROM shop.customers WHERE id = ANY (ARRAY[1, 2, 3]);
-- case: rows by a range of keys
UPDATE shop.customers SET note = 'x' WHERE id BETWEEN 1 AND 1000;
-- case: rows by a range of keys that is too long
UPDATE shop.customers SET note = 'x' WHERE id BETWEEN 1 AND 1000000; -- ON05
-- case: rows by a limit
UPDATE shop.customers SET note = 'x' WHERE ctid IN (SELECT ctid FROM shop.customers WHERE note IS NULL LIMIT 500);
-- case: rows by a limit that is too high
UPDATE shop.customers SET note = 'x' WHERE ctid IN (SELECT ctid FROM shop.customers LIMIT 500000); -- ON05
-- case: rows by a key that is not whole
DELETE FROM shop.items WHERE id > 10; -- ON05
-- case: rows by one of two conditions
DELETE FROM shop.customers WHERE id = 5 OR note = 'x'; -- ON05
-- case: rows by an alias
UPDATE shop.customers AS c SET note = 'x' WHERE c.id = 5;
-- case: a few at a time, together many
BEGIN;
UPDATE shop.customers SET note = 'x' WHERE note IS NULL; -- ON05
UPDATE shop.customers SET note = 'y' WHERE note = 'x';
COMMIT;
-- case: rows that the file made
BEGIN;
INSERT INTO shop.settings (key, value) VALUES ('made', 'here');
UPDATE shop.settings SET value = 'there' WHERE key = 'made';
DELETE FROM shop.settings WHERE key = 'made';
COMMIT;
-- case: rows of a table that the file made
CREATE TABLE shop.parcels AS SELECT id, 0 AS weight FROM shop.orders;
UPDATE shop.parcels SET weight = 1;
DELETE FROM shop.parcels;
-- case: insert
INSERT INTO shop.settings (key, value) VALUES ('a', 'b'), ('c', 'd');
-- case: insert what is not there
INSERT INTO shop.settings (key, value) SELECT 'a', 'b' WHERE NOT EXISTS (SELECT FROM shop.settings WHERE key = 'a');
-- case: insert or update
INSERT INTO shop.settings (key, value) VALUES ('a', 'b') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
-- case: nothing is met
UPDATE shop.customers SET note = 'x' WHERE false;
-- case: select for update of one row
SELECT note FROM shop.customers WHERE id = 1 FOR UPDATE;
-- case: a loop that commits
DO $$ -- 
BEGIN
    LOOP
        UPDATE shop.customers SET note = '' WHERE ctid = ANY (ARRAY(SELECT ctid FROM shop.customers WHERE note IS NULL LIMIT 100));
        EXIT WHEN NOT FOUND;
        COMMIT;
    END LOOP;
END $$;
-- case: a loop that does not commit
DO $$ -- ON05
BEGIN
    LOOP
        UPDATE shop.customers SET note = '' WHERE ctid = ANY (ARRAY(SELECT ctid FROM shop.customers WHERE note IS NULL LIMIT 100));
        EXIT WHEN NOT FOUND;
    END LOOP;
END $$;
-- case: rows in a body
DO $$ BEGIN UPDATE shop.customers SET note = 'x'; END $$; -- ON05
-- case: rows in a text
DO $$ BEGIN EXECUTE 'UPDATE shop.customers SET ' || 'note' || ' = 1'; END $$; -- ON05
-- case: rows in a function
CREATE FUNCTION shop.fill() RETURNS void LANGUAGE sql AS $$ UPDATE shop.customers SET note = 'x' $$;
SELECT shop.fill(); -- ON05
-- case: a row in a body
DO $$ BEGIN UPDATE shop.customers SET note = 'x' WHERE id = 5; END $$;
-- case: rows row by row
DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM shop.customers LOOP UPDATE shop.customers SET note = 'x' WHERE id = r.id; END LOOP; END $$; -- ON05
-- case: merge
MERGE INTO shop.customers c USING shop.orders o ON c.id = o.id WHEN MATCHED THEN UPDATE SET note = 'x'; -- ON05
-- case: rows in a WITH
WITH gone AS (DELETE FROM shop.items RETURNING id) SELECT count(*) FROM gone; -- ON05
