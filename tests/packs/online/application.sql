-- case: a column is renamed in a DO block
DO $$ BEGIN ALTER TABLE shop.customers RENAME COLUMN note TO remark; END $$; -- ON06
-- case: a column is renamed by a text that only run time knows
DO $$ BEGIN EXECUTE format('ALTER TABLE %I.%I RENAME COLUMN %I TO %I', 'shop', 'customers', 'no' || 'te', 'remark'); END $$; -- ON06
-- case: a column is dropped by a function
CREATE FUNCTION shop.tidy() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.customers DROP COLUMN note; END $$;
SELECT shop.tidy(); -- ON06
-- case: a column is dropped by a procedure that commits
CREATE PROCEDURE shop.tidy() LANGUAGE plpgsql AS $$ BEGIN COMMIT; ALTER TABLE shop.customers DROP COLUMN note; COMMIT; END $$;
CALL shop.tidy(); -- ON06 ON10
-- case: two columns are dropped by two statements
ALTER TABLE shop.customers DROP COLUMN note; -- ON06
ALTER TABLE shop.customers DROP COLUMN filler; -- ON06
-- case: two columns are dropped by one statement
ALTER TABLE shop.customers DROP COLUMN note, DROP COLUMN filler; -- ON06
-- case: a table is renamed, and nothing is left under the old name
ALTER TABLE shop.settings RENAME TO options; -- ON06
-- case: a table is renamed, and a view is left under the old name
BEGIN;
ALTER TABLE shop.settings RENAME TO options;
CREATE VIEW shop.settings AS SELECT key, value, filler FROM shop.options;
COMMIT;
-- case: a table is renamed, and a view without a column is left under the old name
BEGIN;
ALTER TABLE shop.settings RENAME TO options;
CREATE VIEW shop.settings AS SELECT key, value FROM shop.options; -- ON06
COMMIT;
-- case: a table is renamed, and a view that takes no writes is left under the old name
BEGIN;
ALTER TABLE shop.settings RENAME TO options;
CREATE VIEW shop.settings AS SELECT DISTINCT key, value, filler FROM shop.options; -- ON06
COMMIT;
-- case: a column is renamed twice
ALTER TABLE shop.customers RENAME COLUMN note TO remark; -- ON06
ALTER TABLE shop.customers RENAME COLUMN remark TO comment;
-- case: a column takes the name of one that the file made
ALTER TABLE shop.customers ADD COLUMN remark text;
ALTER TABLE shop.customers RENAME COLUMN remark TO old_remark;
ALTER TABLE shop.customers RENAME COLUMN note TO remark; -- ON06
-- case: a column of always takes the name of another
BEGIN;
ALTER TABLE shop.customers RENAME COLUMN note TO old_note;
ALTER TABLE shop.customers RENAME COLUMN filler TO note; -- ON06
COMMIT;
-- case: a table takes the name of another, which leaves for a third
BEGIN;
ALTER TABLE shop.settings RENAME TO old_settings;
CREATE TABLE shop.settings (LIKE shop.old_settings INCLUDING ALL);
COMMIT;
-- case: a table is renamed and renamed back
BEGIN;
ALTER TABLE shop.settings RENAME TO options;
ALTER TABLE shop.options RENAME TO settings;
COMMIT;
-- case: a table moves to another schema
CREATE SCHEMA IF NOT EXISTS shop_moved;
ALTER TABLE shop.settings SET SCHEMA shop_moved; -- ON06
-- case: a column is renamed, and the view over it keeps its name
ALTER TABLE shop.orders RENAME COLUMN customer_id TO buyer_id; -- ON06
-- case: a partitioned table's column is renamed
ALTER TABLE shop.events RENAME COLUMN kind TO sort; -- ON06
-- case: a table's column is renamed, and that of its child with it
ALTER TABLE shop.logs RENAME COLUMN line TO message; -- ON06
-- case: a partition is dropped
DROP TABLE shop.events_2024;
-- case: a partition is detached
ALTER TABLE shop.events DETACH PARTITION shop.events_2024;
-- case: a table becomes a partition, and a column of it is required
ALTER TABLE shop.events_2025 ADD CONSTRAINT bound CHECK (at IS NOT NULL AND at >= '2025-01-01' AND at < '2026-01-01') NOT VALID; -- ON06
ALTER TABLE shop.events_2025 VALIDATE CONSTRAINT bound;
ALTER TABLE shop.events ATTACH PARTITION shop.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
-- case: a column without a default is required
ALTER TABLE shop.orders ADD COLUMN tax int NOT NULL DEFAULT 0;
ALTER TABLE shop.orders ALTER COLUMN tax DROP DEFAULT; -- ON06
-- case: a column with a default is required
ALTER TABLE shop.orders ADD COLUMN tax int NOT NULL DEFAULT 0;
-- case: a default goes, and the column may be NULL
ALTER TABLE shop.numbered ALTER COLUMN id DROP DEFAULT;
-- case: a default goes that a required column had
ALTER TABLE shop.items ALTER COLUMN amount SET DEFAULT 1;
ALTER TABLE shop.items ALTER COLUMN amount DROP DEFAULT;
-- case: the default of an older required column goes
CREATE TABLE shop.tags (id int PRIMARY KEY, name text NOT NULL DEFAULT '');
-- case: a check that a missing value fails
ALTER TABLE shop.customers ADD CONSTRAINT note_there CHECK (note IS NOT NULL) NOT VALID; -- ON06 ON09
-- case: a check that a made-up value may fail
ALTER TABLE shop.orders ADD CONSTRAINT total_bound CHECK (total BETWEEN 100 AND 105) NOT VALID; -- ON09
-- case: a check on a pattern
ALTER TABLE shop.customers ADD CONSTRAINT email_form CHECK (email LIKE '%_@_%') NOT VALID; -- ON09
-- case: a check that one of two columns is there
ALTER TABLE shop.customers ADD CONSTRAINT reachable CHECK (email IS NOT NULL OR note IS NOT NULL) NOT VALID; -- ON09
-- case: a foreign key that a made-up value fails
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id) NOT VALID; -- ON09
-- case: an ON CONFLICT loses its index
DROP INDEX shop.customers_email; -- ON06
-- case: an ON CONFLICT gets another index of the same columns
BEGIN;
ALTER INDEX shop.customers_email RENAME TO customers_email_old;
CREATE UNIQUE INDEX customers_email ON shop.customers (email); -- ON02
COMMIT;
DROP INDEX shop.customers_email_old;
-- case: an index without a unique key goes
DROP INDEX shop.orders_status;
-- case: a primary key goes in a DO block
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.settings DROP CONSTRAINT ' || 'settings_pkey'; END $$; -- ON06
-- case: a function gets another argument
DROP VIEW shop.doubled; -- ON06
DROP FUNCTION shop.double(int); -- ON06
CREATE FUNCTION shop.double(n int, times int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * times';
-- case: a function gets another body
CREATE OR REPLACE FUNCTION shop.double(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + n';
-- case: a function gets a body that fails
CREATE FUNCTION shop.count_logs() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM shop.logs); END $$;
CREATE OR REPLACE FUNCTION shop.count_logs() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM shop.nothing); END $$;
-- case: a second function makes calls ambiguous
CREATE FUNCTION shop.double(n int, times int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * times'; -- ON06
-- case: a second function for another type
CREATE FUNCTION shop.double(n text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT n || n';
-- case: a trigger whose body names a column that is not there
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := now(); RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE INSERT OR UPDATE ON shop.settings FOR EACH ROW EXECUTE FUNCTION shop.touch(); -- ON06
-- case: a trigger that works
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.value := coalesce(NEW.value, ''); RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE INSERT OR UPDATE ON shop.settings FOR EACH ROW EXECUTE FUNCTION shop.touch();
-- case: a trigger that refuses some values
CREATE FUNCTION shop.guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.value NOT LIKE 'x%' THEN RAISE 'not an x'; END IF; RETURN NEW; END $$;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE ON shop.settings FOR EACH ROW EXECUTE FUNCTION shop.guard();
-- case: a label gets another name
ALTER TYPE shop.mood RENAME VALUE 'good' TO 'fine'; -- ON06
-- case: a label comes along
ALTER TYPE shop.mood ADD VALUE 'fine';
-- case: a view loses a column
DROP VIEW shop.vip;
CREATE VIEW shop.vip AS SELECT c.id FROM shop.customers c JOIN shop.open_orders o ON o.customer_id = c.id; -- ON06
-- case: a view is made anew as it was
DROP VIEW shop.vip;
CREATE VIEW shop.vip AS SELECT c.id, c.email FROM shop.customers c JOIN shop.open_orders o ON o.customer_id = c.id;
-- case: a view gets a column more
CREATE OR REPLACE VIEW shop.open_orders AS SELECT id, customer_id, status, total FROM shop.orders WHERE status = 'open';
-- case: a view takes no writes any more
CREATE OR REPLACE VIEW shop.open_orders AS SELECT id, customer_id, status FROM shop.orders WHERE status = 'open' GROUP BY id, customer_id, status; -- ON06
-- case: a text column becomes an enumeration
ALTER TABLE shop.settings ALTER COLUMN value TYPE shop.mood USING 'good'; -- ON01 ON06 ON07
-- case: an identity takes no values of others
ALTER TABLE shop.items ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY; -- ON06
-- case: an identity takes values of others
ALTER TABLE shop.items ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;
-- case: a column is made anew
ALTER TABLE shop.customers DROP COLUMN note, ADD COLUMN note text;
-- case: a rule keeps ON CONFLICT out
CREATE RULE quiet AS ON UPDATE TO shop.settings DO ALSO NOTHING; -- ON06
-- case: row security without a policy
ALTER TABLE shop.settings ENABLE ROW LEVEL SECURITY;
-- case: what the file made itself goes
CREATE TABLE shop.parcels (id int PRIMARY KEY, weight int);
ALTER TABLE shop.parcels DROP COLUMN weight;
DROP TABLE shop.parcels;
-- case: a materialized view without its rows
DROP MATERIALIZED VIEW shop.daily;
CREATE MATERIALIZED VIEW shop.daily AS SELECT id, status FROM shop.orders WITH NO DATA; -- ON06
-- case: a rename that is taken back
BEGIN;
SAVEPOINT before;
ALTER TABLE shop.settings RENAME COLUMN value TO val;
ROLLBACK TO before;
COMMIT;
-- case: rows alone
INSERT INTO shop.settings (key, value) VALUES ('a', 'b');
