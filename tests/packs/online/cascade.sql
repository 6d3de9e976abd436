-- case: a table and the views over it
DROP TABLE shop.orders CASCADE; -- ON06 ON08
-- case: a table and a view that is named
DROP VIEW shop.vip, shop.open_orders, shop.doubled; -- ON06
DROP MATERIALIZED VIEW shop.daily; -- ON06
ALTER TABLE shop.items DROP CONSTRAINT items_order_id_fkey;
DROP TABLE shop.orders CASCADE; -- ON06
-- case: a table on which nothing depends
DROP TABLE shop.settings CASCADE; -- ON06
-- case: a table on which nothing depends, plainly
DROP TABLE shop.settings; -- ON06
-- case: a table with indexes, constraints and a sequence of its own
CREATE TABLE shop.parcels (id bigserial PRIMARY KEY, weight int CHECK (weight > 0));
DROP TABLE shop.parcels CASCADE;
-- case: a table with a child
DROP TABLE shop.logs CASCADE; -- ON06 ON08
-- case: a table with a child, both named
DROP TABLE shop.logs, shop.logs_web; -- ON06
-- case: a partitioned table
DROP TABLE shop.events; -- ON06
-- case: a view and those over it
DROP VIEW shop.open_orders CASCADE; -- ON06 ON08
-- case: a view and those over it, made anew
DROP VIEW shop.open_orders CASCADE;
CREATE VIEW shop.open_orders AS SELECT id, customer_id FROM shop.orders WHERE status = 'open'; -- ON06
CREATE VIEW shop.vip AS SELECT c.id FROM shop.customers c JOIN shop.open_orders o ON o.customer_id = c.id; -- ON06
-- case: a view on which nothing depends
DROP VIEW shop.vip CASCADE; -- ON06
-- case: a column and a view over it
ALTER TABLE shop.orders DROP COLUMN customer_id CASCADE; -- ON06 ON08
-- case: a column and its index
ALTER TABLE shop.numbered DROP COLUMN filler CASCADE; -- ON06
-- case: a column and its default
ALTER TABLE shop.numbered DROP COLUMN id; -- ON06
-- case: a type and the columns of it
DROP TYPE shop.mood CASCADE; -- ON06 ON08
-- case: a type on which nothing depends
ALTER TABLE shop.moods DROP COLUMN mood; -- ON06
DROP TYPE shop.mood CASCADE; -- ON06
-- case: a function and the view that calls it
DROP FUNCTION shop.double(int) CASCADE; -- ON06 ON08
-- case: a function and the view that calls it, named
DROP VIEW shop.doubled; -- ON06
DROP FUNCTION shop.double(int) CASCADE; -- ON06
-- case: a key and those that refer to it
ALTER TABLE shop.orders DROP CONSTRAINT orders_pkey CASCADE; -- ON06 ON08
-- case: a key to which nothing refers
ALTER TABLE shop.customers DROP CONSTRAINT customers_pkey CASCADE; -- ON06
-- case: a schema
DROP SCHEMA shop CASCADE; -- ON03 ON06 ON08
-- case: a schema of the file
CREATE SCHEMA shop_made;
CREATE TABLE shop_made.a (id int PRIMARY KEY);
CREATE VIEW shop_made.b AS SELECT * FROM shop_made.a;
DROP SCHEMA shop_made CASCADE;
-- case: views of the file
CREATE VIEW shop.few AS SELECT key FROM shop.settings;
CREATE VIEW shop.fewer AS SELECT key FROM shop.few;
DROP VIEW shop.few CASCADE;
-- case: in a DO block
DO $$ BEGIN DROP VIEW shop.open_orders CASCADE; END $$; -- ON06 ON08
-- case: in a text
DO $$ BEGIN EXECUTE 'DROP VIEW shop.' || 'open_orders CASCADE'; END $$; -- ON06 ON08
-- case: in a function
CREATE FUNCTION shop.clear() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TYPE shop.mood CASCADE; END $$;
SELECT shop.clear(); -- ON06 ON08
-- case: in a procedure
CREATE PROCEDURE shop.clear() LANGUAGE plpgsql AS $$ BEGIN DROP VIEW shop.open_orders CASCADE; END $$;
CALL shop.clear(); -- ON06 ON08
-- case: a sequence and the default that uses it
DROP SEQUENCE shop.numbers CASCADE;
-- case: a materialized view
DROP MATERIALIZED VIEW shop.daily CASCADE; -- ON06
-- case: a domain and its columns
CREATE DOMAIN shop.percent AS int;
CREATE TABLE shop.shares (id int, share shop.percent);
DROP DOMAIN shop.percent CASCADE;
-- case: two views and those over them
DROP VIEW IF EXISTS shop.open_orders, shop.doubled CASCADE; -- ON06 ON08
-- case: a column of a partitioned table and a view over it
CREATE VIEW shop.kinds AS SELECT kind FROM shop.events;
ALTER TABLE shop.events DROP COLUMN kind CASCADE; -- ON06
-- case: a table to which a key refers
ALTER TABLE shop.items ADD CONSTRAINT items_customer FOREIGN KEY (id) REFERENCES shop.customers (id) NOT VALID;
ALTER TABLE shop.items DROP CONSTRAINT items_customer;
DROP VIEW shop.vip; -- ON06
DROP TABLE shop.customers CASCADE; -- ON06
-- case: a table and the view over it, in a transaction
BEGIN;
DROP TABLE shop.customers CASCADE; -- ON06 ON08
COMMIT;
-- case: a column and the views over it, among other commands
ALTER TABLE shop.orders ADD COLUMN tax int, DROP COLUMN status CASCADE; -- ON06 ON08
-- case: a function and a trigger that calls it
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
DROP FUNCTION shop.touch() CASCADE;
-- case: a type in a text of a function
DO $$ BEGIN EXECUTE format('DROP TYPE %I.%I CASCADE', 'shop', 'm' || 'ood'); END $$; -- ON06 ON08
-- case: a key in a DO block
DO $$ BEGIN ALTER TABLE shop.orders DROP CONSTRAINT orders_pkey CASCADE; END $$; -- ON06 ON08
-- case: a table in a procedure
CREATE PROCEDURE shop.clear() LANGUAGE plpgsql AS $$ BEGIN DROP TABLE shop.customers CASCADE; END $$;
CALL shop.clear(); -- ON06 ON08
-- case: a function in a function
CREATE FUNCTION shop.clear() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP FUNCTION shop.double(int) CASCADE; END $$;
SELECT shop.clear(); -- ON06 ON08
-- case: a column in a text
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.orders DROP COLUMN ' || 'customer_id CASCADE'; END $$; -- ON06 ON08
-- case: a table of which nothing depends, in a DO block
DO $$ BEGIN DROP TABLE shop.settings CASCADE; END $$; -- ON06
-- case: a table and a key of another, in lower case
drop view shop.vip, shop.open_orders, shop.doubled; drop materialized view shop.daily; drop table shop.orders cascade; -- ON06*3 ON08
