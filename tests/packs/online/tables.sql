-- case: two tables in one transaction
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
ALTER TABLE shop.customers ADD COLUMN tax int; -- ON03
COMMIT;
-- case: two tables in two transactions
ALTER TABLE shop.orders ADD COLUMN tax int;
ALTER TABLE shop.customers ADD COLUMN tax int;
-- case: one table twice
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
ALTER TABLE shop.orders ADD COLUMN vat int;
COMMIT;
-- case: one table, and one of the file
BEGIN;
CREATE TABLE shop.parcels (id int);
ALTER TABLE shop.parcels ADD COLUMN weight int;
ALTER TABLE shop.orders ADD COLUMN tax int;
COMMIT;
-- case: three tables, one finding
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
ALTER TABLE shop.customers ADD COLUMN tax int; -- ON03
ALTER TABLE shop.items ADD COLUMN tax int;
COMMIT;
-- case: a table and its partition
BEGIN;
ALTER TABLE shop.events ADD COLUMN tag text;
ALTER TABLE shop.events_2024 ALTER COLUMN kind SET DEFAULT 'x';
COMMIT;
-- case: a table and its child
BEGIN;
ALTER TABLE shop.logs ADD COLUMN level int;
ALTER TABLE shop.logs_web ALTER COLUMN level SET DEFAULT 1;
COMMIT;
-- case: drop two tables at once
DROP TABLE shop.settings, shop.moods; -- ON03 ON06
-- case: drop two tables, if they are there
DROP TABLE IF EXISTS shop.settings, shop.moods; -- ON03 ON06
-- case: drop a table that refers to another
DROP TABLE shop.items; -- ON06
-- case: drop a constraint that refers to another
ALTER TABLE shop.items DROP CONSTRAINT items_order_id_fkey;
-- case: truncate two tables at once
TRUNCATE shop.settings, shop.moods; -- ON03
-- case: truncate a table and those that refer to it
TRUNCATE shop.orders CASCADE;
-- case: rename two tables
BEGIN;
ALTER TABLE shop.settings RENAME TO options; -- ON06
ALTER TABLE shop.moods RENAME TO feelings; -- ON03 ON06
COMMIT;
-- case: rename one table and add a column to it
BEGIN;
ALTER TABLE shop.settings RENAME TO options; -- ON06
ALTER TABLE shop.options ADD COLUMN rank int;
COMMIT;
-- case: swap two tables
BEGIN;
ALTER TABLE shop.settings RENAME TO old_settings;
CREATE TABLE shop.settings (key text); -- ON06
COMMIT;
-- case: an index of another table
BEGIN;
ALTER TABLE shop.settings ADD COLUMN rank int;
DROP INDEX shop.orders_status; -- ON03
COMMIT;
-- case: an index of the same table
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
DROP INDEX shop.orders_status;
COMMIT;
-- case: lock two tables at once
BEGIN;
LOCK TABLE shop.settings, shop.moods; -- ON03
COMMIT;
-- case: lock two tables lightly
BEGIN;
LOCK TABLE shop.settings, shop.moods IN SHARE MODE;
COMMIT;
-- case: a column of one, a row of another
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
UPDATE shop.customers SET note = 'x' WHERE id = 1;
COMMIT;
-- case: two checks that are not valid
BEGIN;
ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID;
ALTER TABLE shop.customers ADD CONSTRAINT b CHECK (note <> '') NOT VALID; -- ON03
COMMIT;
ALTER TABLE shop.orders VALIDATE CONSTRAINT a;
ALTER TABLE shop.customers VALIDATE CONSTRAINT b;
-- case: two defaults
BEGIN;
ALTER TABLE shop.orders ALTER COLUMN total SET DEFAULT 0;
ALTER TABLE shop.items ALTER COLUMN amount SET DEFAULT 0; -- ON03
COMMIT;
-- case: a table and a materialized view
BEGIN;
ALTER TABLE shop.customers ADD COLUMN tax int;
ALTER MATERIALIZED VIEW shop.daily RENAME TO weekly; -- ON03 ON06
COMMIT;
-- case: a table and a view
BEGIN;
ALTER TABLE shop.customers ADD COLUMN tax int;
CREATE OR REPLACE VIEW shop.vip AS SELECT c.id, c.email FROM shop.customers c;
COMMIT;
-- case: triggers of two tables are switched off
BEGIN;
ALTER TABLE shop.orders DISABLE TRIGGER USER;
ALTER TABLE shop.customers DISABLE TRIGGER USER;
COMMIT;
-- case: row security of two tables
BEGIN;
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY; -- ON03
COMMIT;
-- case: two tables in a DO block
DO $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; ALTER TABLE shop.customers ADD COLUMN tax int; END $$; -- ON03
-- case: two tables in a text
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.orders ADD COLUMN tax int'; EXECUTE 'ALTER TABLE shop.' || 'customers ADD COLUMN tax int'; END $$; -- ON03
-- case: two tables in a function
CREATE FUNCTION shop.taxed() RETURNS void LANGUAGE sql AS $$ ALTER TABLE shop.orders ADD COLUMN tax int; ALTER TABLE shop.customers ADD COLUMN tax int; $$;
SELECT shop.taxed(); -- ON03
-- case: two tables in a procedure
CREATE PROCEDURE shop.taxed() LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; ALTER TABLE shop.customers ADD COLUMN tax int; END $$;
CALL shop.taxed(); -- ON03
-- case: two calls
CREATE FUNCTION shop.taxed(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('ALTER TABLE shop.%I ADD COLUMN tax int', t); END $$;
BEGIN;
SELECT shop.taxed('orders');
SELECT shop.taxed('customers'); -- ON03
COMMIT;
-- case: owners and schemas
CREATE SCHEMA shop_other;
BEGIN;
ALTER TABLE shop.settings SET SCHEMA shop_other; -- ON06
ALTER TABLE shop.moods SET SCHEMA shop_other; -- ON03 ON06
COMMIT;
-- case: columns of two tables are dropped
BEGIN;
ALTER TABLE shop.orders DROP COLUMN filler; -- ON06
ALTER TABLE shop.customers DROP COLUMN filler; -- ON03 ON06
COMMIT;
-- case: columns of two tables are renamed
BEGIN;
ALTER TABLE shop.orders RENAME COLUMN filler TO padding; -- ON06
ALTER TABLE shop.customers RENAME COLUMN filler TO padding; -- ON03 ON06
COMMIT;
