-- case: a column
ALTER TABLE shop.orders ADD COLUMN tax int;
-- case: a column with a constant
ALTER TABLE shop.orders ADD COLUMN tax int NOT NULL DEFAULT 0;
-- case: a column with now()
ALTER TABLE shop.orders ADD COLUMN seen timestamptz DEFAULT now();
-- case: a column with clock_timestamp()
ALTER TABLE shop.orders ADD COLUMN seen timestamptz DEFAULT clock_timestamp(); -- ON01
-- case: a column with random()
ALTER TABLE shop.orders ADD COLUMN share double precision DEFAULT random(); -- ON01
-- case: a column with random() that is required
ALTER TABLE shop.orders ADD COLUMN share double precision NOT NULL DEFAULT random(); -- ON01
-- case: a column with a random uuid
ALTER TABLE shop.orders ADD COLUMN uid uuid DEFAULT gen_random_uuid(); -- ON01
-- case: a column with random(), first without
ALTER TABLE shop.orders ADD COLUMN share double precision;
ALTER TABLE shop.orders ALTER COLUMN share SET DEFAULT random();
-- case: a serial column
ALTER TABLE shop.orders ADD COLUMN number bigserial; -- ON01
-- case: an identity column
ALTER TABLE shop.orders ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY; -- ON01
-- case: a stored generated column
ALTER TABLE shop.orders ADD COLUMN twice int GENERATED ALWAYS AS (total * 2) STORED; -- ON01
-- case: a unique column
ALTER TABLE shop.orders ADD COLUMN mark text UNIQUE; -- ON01
-- case: a column of a constrained domain
CREATE DOMAIN shop.percent AS int CHECK (VALUE BETWEEN 0 AND 100);
ALTER TABLE shop.orders ADD COLUMN discount shop.percent; -- ON01
-- case: int to bigint
ALTER TABLE shop.items ALTER COLUMN amount TYPE bigint; -- ON01 ON07
-- case: text to varchar
ALTER TABLE shop.customers ALTER COLUMN note TYPE varchar(200); -- ON01 ON07
-- case: text to int with USING
ALTER TABLE shop.settings ALTER COLUMN value TYPE int USING length(value); -- ON01 ON06 ON07
-- case: a wider varchar
DROP VIEW shop.doubled; -- ON06
ALTER TABLE shop.orders ALTER COLUMN code TYPE varchar(40); -- ON07
-- case: varchar to text
ALTER TABLE shop.orders ALTER COLUMN code TYPE text; -- ON07
-- case: a narrower varchar
ALTER TABLE shop.orders ALTER COLUMN code TYPE varchar(9); -- ON01 ON07
-- case: timestamp to date
ALTER TABLE shop.orders ALTER COLUMN placed TYPE date; -- ON01 ON07
-- case: a column of a table with an index on it gets another type
ALTER TABLE shop.events_2025 ALTER COLUMN id TYPE int; -- ON01 ON07
-- case: drop a column
ALTER TABLE shop.orders DROP COLUMN filler; -- ON06
-- case: rename a column
ALTER TABLE shop.customers RENAME COLUMN note TO remark; -- ON06
-- case: rename a table
ALTER TABLE shop.settings RENAME TO options; -- ON06
-- case: rename, and read every row
BEGIN;
ALTER TABLE shop.settings RENAME TO options; -- ON06
ALTER TABLE shop.options ALTER COLUMN value SET NOT NULL; -- ON01
COMMIT;
-- case: storage, statistics and options
ALTER TABLE shop.orders ALTER COLUMN status SET STATISTICS 500;
ALTER TABLE shop.orders SET (fillfactor = 70);
ALTER TABLE shop.orders ALTER COLUMN filler SET STORAGE EXTERNAL;
-- case: unlogged
ALTER TABLE shop.customers SET UNLOGGED; -- ON01
-- case: a column and its values in one transaction
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
UPDATE shop.orders SET tax = 0; -- ON01 ON05
COMMIT;
-- case: a column and its values in two transactions
ALTER TABLE shop.orders ADD COLUMN tax int;
UPDATE shop.orders SET tax = 0; -- ON05
-- case: a column and one row by its key
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
UPDATE shop.orders SET tax = 0 WHERE id = 7;
COMMIT;
-- case: a column and a few rows by their keys
BEGIN;
ALTER TABLE shop.settings ADD COLUMN rank int;
UPDATE shop.settings SET rank = v.rank FROM (VALUES ('a', 1), ('b', 2)) AS v (key, rank) WHERE settings.key = v.key;
COMMIT;
-- case: a column and the values of a part, found by an index
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
UPDATE shop.orders SET tax = 0 WHERE status = 'open'; -- ON01 ON05
COMMIT;
-- case: a column, then a question
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
SELECT count(*) FROM shop.orders WHERE total IS NULL; -- ON01
COMMIT;
-- case: a column, then a row elsewhere
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
INSERT INTO shop.settings (key, value) VALUES ('tax', 'yes') ON CONFLICT DO NOTHING;
COMMIT;
-- case: a question, then a column
BEGIN;
SELECT count(*) FROM shop.orders WHERE total IS NULL;
ALTER TABLE shop.orders ADD COLUMN tax int;
COMMIT;
-- case: a column, and another table is read
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
SELECT count(*) FROM shop.customers; -- ON01
COMMIT;
-- case: a column, and a new table is filled from another
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
CREATE TABLE shop.people AS SELECT id FROM shop.customers; -- ON01
COMMIT;
-- case: a column, a savepoint, and rows
BEGIN;
SAVEPOINT a;
ALTER TABLE shop.orders ADD COLUMN tax int;
ROLLBACK TO a;
SELECT count(*) FROM shop.customers;
COMMIT;
-- case: comments and grants
COMMENT ON TABLE shop.orders IS 'what was ordered';
COMMENT ON COLUMN shop.orders.total IS 'in cents';
-- case: a view is replaced
CREATE OR REPLACE VIEW shop.open_orders AS SELECT id, customer_id, status FROM shop.orders WHERE status <> 'done';
-- case: a value of an enumeration
ALTER TYPE shop.mood ADD VALUE 'fair';
