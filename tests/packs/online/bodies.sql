-- case: set not null in a DO block
DO $$ BEGIN ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL; END $$; -- ON01 ON06
-- case: set not null in a text
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.orders ALTER COLUMN ' || 'total' || ' SET NOT NULL'; END $$; -- ON01 ON06
-- case: set not null in a text of parts that only run time knows
DO $$ DECLARE c text := chr(116) || 'otal'; BEGIN EXECUTE format('ALTER TABLE shop.orders ALTER COLUMN %I SET NOT NULL', c); END $$; -- ON01 ON06
-- case: set not null in a function
CREATE FUNCTION shop.strict() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL; END $$;
SELECT shop.strict(); -- ON01 ON06
-- case: set not null in a procedure
CREATE PROCEDURE shop.strict() LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL; END $$;
CALL shop.strict(); -- ON01 ON06
-- case: an index in a DO block
DO $$ BEGIN CREATE INDEX orders_total ON shop.orders (total); END $$; -- ON02
-- case: an index in a function
CREATE FUNCTION shop.indexed() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'CREATE INDEX ON shop.orders (total)'; END $$;
SELECT shop.indexed(); -- ON02
-- case: an index in a procedure
CREATE PROCEDURE shop.indexed() LANGUAGE plpgsql AS $$ BEGIN CREATE INDEX ON shop.orders (total); END $$;
CALL shop.indexed(); -- ON02
-- case: a foreign key in a DO block
DO $$ BEGIN ALTER TABLE shop.orders ADD FOREIGN KEY (customer_id) REFERENCES shop.customers; END $$; -- ON02
-- case: a foreign key in a function
CREATE FUNCTION shop.bound() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ADD FOREIGN KEY (customer_id) REFERENCES shop.customers; END $$;
SELECT shop.bound(); -- ON02
-- case: a column in a DO block
DO $$ BEGIN ALTER TABLE shop.orders ADD COLUMN tax int; END $$;
-- case: a column in a DO block that asks first
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'orders' AND column_name = 'tax') THEN
        ALTER TABLE shop.orders ADD COLUMN tax int;
    END IF;
END $$;
-- case: a check that is not valid in a DO block
DO $$ BEGIN ALTER TABLE shop.orders ADD CONSTRAINT total_there CHECK (total > 0) NOT VALID; END $$;
ALTER TABLE shop.orders VALIDATE CONSTRAINT total_there;
-- case: a column, then a body that reads
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
DO $$ BEGIN PERFORM count(*) FROM shop.orders; END $$; -- ON01
COMMIT;
-- case: a column, then a body that reads one row
BEGIN;
ALTER TABLE shop.orders ADD COLUMN tax int;
DO $$ BEGIN PERFORM FROM shop.orders WHERE id = 1; END $$;
COMMIT;
-- case: a constraint of each table in a loop
DO $$ -- ON01 ON03
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['orders', 'customers'] LOOP
        EXECUTE format('ALTER TABLE shop.%I ADD CHECK (filler <> %L)', t, '');
    END LOOP;
END $$;
-- case: a column of each table in a loop
DO $$ -- ON03
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['orders', 'customers', 'items'] LOOP
        EXECUTE format('ALTER TABLE shop.%I ADD COLUMN tax int', t);
    END LOOP;
END $$;
-- case: what an exception takes back
DO $$ BEGIN ALTER TABLE shop.orders ADD COLUMN id int; EXCEPTION WHEN duplicate_column THEN NULL; END $$;
-- case: a body that commits, and reads under its lock
DO $$ BEGIN UPDATE shop.orders SET total = 1 WHERE id = 1; COMMIT; ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL; END $$; -- ON01 ON06
-- case: a function that only reads
CREATE FUNCTION shop.counted() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM shop.orders $$;
SELECT shop.counted();
-- case: a rule
CREATE RULE quiet AS ON DELETE TO shop.settings DO INSTEAD NOTHING;
-- case: rewriting in a DO block
DO $$ BEGIN ALTER TABLE shop.items ALTER COLUMN amount TYPE bigint; END $$; -- ON01 ON07
-- case: reindex in a DO block
DO $$ BEGIN REINDEX TABLE shop.orders; END $$; -- ON01
-- case: a drop in a DO block
DO $$ BEGIN DROP TABLE shop.settings; END $$; -- ON06
-- case: truncate in a DO block
DO $$ BEGIN TRUNCATE shop.settings; END $$;
