-- case: a column
ALTER TABLE shop.orders ADD COLUMN tax int; -- ON04
-- case: a column under a lock_timeout
SET lock_timeout = '2s';
ALTER TABLE shop.orders ADD COLUMN tax int;
-- case: a column under the longest lock_timeout
SET lock_timeout = '5s';
ALTER TABLE shop.orders ADD COLUMN tax int;
-- case: a column under a long lock_timeout
SET lock_timeout = '1min';
ALTER TABLE shop.orders ADD COLUMN tax int; -- ON04
-- case: a lock_timeout of the transaction
BEGIN;
SET LOCAL lock_timeout = '500ms';
ALTER TABLE shop.orders ADD COLUMN tax int;
COMMIT;
-- case: a lock_timeout of an earlier transaction
BEGIN;
SET LOCAL lock_timeout = '500ms';
COMMIT;
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int; -- ON04
COMMIT;
-- case: a lock_timeout that comes too late
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int; -- ON04
SET LOCAL lock_timeout = '500ms';
COMMIT;
-- case: a lock_timeout that is taken back
SET lock_timeout = '2s';
RESET lock_timeout;
ALTER TABLE shop.orders ADD COLUMN tax int; -- ON04
-- case: a lock_timeout in a body
DO $$ BEGIN PERFORM set_config('lock_timeout', '2s', false); END $$;
ALTER TABLE shop.orders ADD COLUMN tax int;
-- case: a statement_timeout
SET statement_timeout = '2s';
ALTER TABLE shop.orders ADD COLUMN tax int; -- ON04
-- case: one finding for a transaction
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int; -- ON04
ALTER TABLE shop.orders ADD COLUMN vat int;
COMMIT;
-- case: two findings for two transactions
ALTER TABLE shop.orders ADD COLUMN tax int; -- ON04
ALTER TABLE shop.orders ADD COLUMN vat int; -- ON04
-- case: a new table
CREATE TABLE shop.parcels (id int PRIMARY KEY);
ALTER TABLE shop.parcels ADD COLUMN weight int;
-- case: a new table that refers to another
CREATE TABLE shop.parcels (id int PRIMARY KEY, order_id bigint REFERENCES shop.orders); -- ON04
-- case: an index
CREATE INDEX orders_total ON shop.orders (total); -- ON02 ON04
-- case: an index under a lock_timeout
SET lock_timeout = '2s';
CREATE INDEX orders_total ON shop.orders (total); -- ON02
-- case: an index that is built concurrently
CREATE INDEX CONCURRENTLY orders_total ON shop.orders (total);
-- case: an index that is built concurrently under a short lock_timeout
SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY orders_total ON shop.orders (total); -- ON04
-- case: an index that is built concurrently under a long lock_timeout
SET lock_timeout = '30min';
CREATE INDEX CONCURRENTLY orders_total ON shop.orders (total);
-- case: reindex concurrently under a short lock_timeout
SET lock_timeout = '2s';
REINDEX INDEX CONCURRENTLY shop.orders_status; -- ON04
-- case: drop an index concurrently under a short lock_timeout
SET lock_timeout = '2s';
DROP INDEX CONCURRENTLY shop.orders_status; -- ON04
-- case: detach concurrently under a short lock_timeout
SET lock_timeout = '2s';
ALTER TABLE shop.events DETACH PARTITION shop.events_2024 CONCURRENTLY; -- ON04
-- case: a trigger
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch(); -- ON04
-- case: a view
CREATE OR REPLACE VIEW shop.open_orders AS SELECT id, customer_id, status FROM shop.orders WHERE status <> 'done';
-- case: a comment
COMMENT ON TABLE shop.orders IS 'what was ordered';
-- case: validate
ALTER TABLE shop.items VALIDATE CONSTRAINT items_order_id_fkey;
-- case: rows
UPDATE shop.customers SET note = 'x' WHERE id = 3;
-- case: rows of all
INSERT INTO shop.settings (key) VALUES ('a');
-- case: lock a table
BEGIN;
LOCK TABLE shop.orders IN SHARE MODE; -- ON04
COMMIT;
-- case: lock a table or give up
BEGIN;
LOCK TABLE shop.orders IN ROW SHARE MODE;
COMMIT;
-- case: drop a table
DROP TABLE shop.settings; -- ON04 ON06
-- case: drop an index
DROP INDEX shop.orders_status; -- ON04
-- case: truncate
TRUNCATE shop.settings; -- ON04
-- case: vacuum
VACUUM shop.orders;
-- case: attach a partition of the file
BEGIN;
CREATE TABLE shop.events_2026 (id bigint, at date, kind varchar(20), filler varchar(100));
ALTER TABLE shop.events ATTACH PARTITION shop.events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
COMMIT;
-- case: a new partition
CREATE TABLE shop.events_2026 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); -- ON04
-- case: in a DO block
DO $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; END $$; -- ON04
-- case: in a text
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.' || 'orders ADD COLUMN tax int'; END $$; -- ON04
-- case: in a function
CREATE FUNCTION shop.taxed() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; END $$;
SELECT shop.taxed(); -- ON04
-- case: in a function that sets its own
CREATE FUNCTION shop.taxed() RETURNS void LANGUAGE plpgsql SET lock_timeout = '2s' AS $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; END $$;
SELECT shop.taxed();
-- case: in a procedure
CREATE PROCEDURE shop.taxed() LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; END $$;
CALL shop.taxed(); -- ON04
-- case: a child
ALTER TABLE shop.logs_web ADD COLUMN tax int; -- ON04
-- case: statistics of a column
ALTER TABLE shop.orders ALTER COLUMN status SET STATISTICS 200;
ANALYZE shop.orders (status);
-- case: statistics of two columns
CREATE STATISTICS shop.status_and_total ON status, total FROM shop.orders;
-- case: rights
GRANT SELECT ON shop.orders, shop.customers TO PUBLIC;
-- case: a function and a type
CREATE FUNCTION shop.three() RETURNS int LANGUAGE sql AS 'SELECT 3';
ALTER TYPE shop.mood ADD VALUE 'mixed';
-- case: options that only autovacuum reads
ALTER TABLE shop.orders SET (autovacuum_vacuum_scale_factor = 0.01);
