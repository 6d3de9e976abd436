-- case: a wider varchar keeps its rows, and breaks plans
ALTER TABLE shop.customers ALTER COLUMN note TYPE varchar(9000); -- ON01 ON07
-- case: a varchar becomes a wider one
DROP VIEW shop.vip;
ALTER TABLE shop.customers ALTER COLUMN email TYPE varchar(200); -- ON07
CREATE VIEW shop.vip AS SELECT c.id, c.email FROM shop.customers c JOIN shop.open_orders o ON o.customer_id = c.id;
-- case: int to bigint in a text
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.items ALTER COLUMN amount TYPE ' || 'bigint'; END $$; -- ON01 ON07
-- case: int to bigint in a function
CREATE FUNCTION shop.widen() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.items ALTER COLUMN amount TYPE bigint; END $$;
SELECT shop.widen(); -- ON01 ON07
-- case: int to bigint in a procedure
CREATE PROCEDURE shop.widen() LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.items ALTER COLUMN amount TYPE bigint; END $$;
CALL shop.widen(); -- ON01 ON07
-- case: int to bigint in a procedure that commits
CREATE PROCEDURE shop.widen() LANGUAGE plpgsql AS $$ BEGIN COMMIT; ALTER TABLE shop.items ALTER COLUMN amount TYPE bigint; COMMIT; END $$;
CALL shop.widen(); -- ON07 ON10
-- case: two columns of one table
ALTER TABLE shop.items ALTER COLUMN amount TYPE bigint, ALTER COLUMN filler TYPE varchar(200); -- ON01 ON07
-- case: varchar to text
ALTER TABLE shop.customers ALTER COLUMN filler TYPE text; -- ON07
-- case: a longer varchar of a partitioned table
ALTER TABLE shop.events ALTER COLUMN kind TYPE varchar(40); -- ON07
-- case: a longer varchar of a table and its child
ALTER TABLE shop.logs ALTER COLUMN filler TYPE varchar(200); -- ON07
-- case: a longer varchar of the child alone
ALTER TABLE shop.logs_web ALTER COLUMN url TYPE varchar(2000); -- ON01 ON07
-- case: another type under the same name
BEGIN;
ALTER TABLE shop.items RENAME COLUMN amount TO amount_old; -- ON06 ON07
ALTER TABLE shop.items ADD COLUMN amount bigint NOT NULL DEFAULT 0;
COMMIT;
-- case: another table under the same name
BEGIN;
ALTER TABLE shop.settings RENAME TO settings_old;
CREATE TABLE shop.settings (key text PRIMARY KEY, value varchar(90), filler varchar(100)); -- ON07
COMMIT;
-- case: a table with the same columns under the same name
BEGIN;
ALTER TABLE shop.settings RENAME TO settings_old;
CREATE TABLE shop.settings (key text PRIMARY KEY, value text, filler varchar(100));
COMMIT;
-- case: a table with a column more under the same name
BEGIN;
ALTER TABLE shop.settings RENAME TO settings_old;
CREATE TABLE shop.settings (key text PRIMARY KEY, rank int, value text, filler varchar(100));
COMMIT;
-- case: a view with another type
DROP VIEW shop.doubled;
CREATE VIEW shop.doubled AS SELECT id, shop.double(total)::bigint AS total FROM shop.orders; -- ON07
-- case: a view with the same types from another query
CREATE OR REPLACE VIEW shop.doubled AS SELECT id, total + total AS total FROM shop.orders;
-- case: a view with a column more
CREATE OR REPLACE VIEW shop.doubled AS SELECT id, shop.double(total) AS total, status FROM shop.orders;
-- case: a materialized view with another type
DROP MATERIALIZED VIEW shop.daily;
CREATE MATERIALIZED VIEW shop.daily AS SELECT id, status::text AS status FROM shop.orders; -- ON07
-- case: a function with another result
DROP VIEW shop.doubled; -- ON06
DROP FUNCTION shop.double(int);
CREATE FUNCTION shop.double(n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT n * 2::bigint'; -- ON07
-- case: a function with another body
CREATE OR REPLACE FUNCTION shop.double(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + n';
-- case: a table that takes another's place
BEGIN;
ALTER TABLE shop.settings RENAME TO settings_old;
CREATE VIEW shop.settings AS SELECT key, value::varchar(50) AS value, filler FROM shop.settings_old; -- ON06 ON07
COMMIT;
-- case: another collation
ALTER TABLE shop.customers ALTER COLUMN note TYPE text COLLATE "POSIX"; -- ON07
-- case: another precision of a time
ALTER TABLE shop.orders ALTER COLUMN placed TYPE timestamp(0); -- ON01 ON07
-- case: a time with its zone
ALTER TABLE shop.orders ALTER COLUMN placed TYPE timestamptz USING placed AT TIME ZONE 'UTC'; -- ON01 ON07
-- case: a numeric with more digits
ALTER TABLE shop.orders ADD COLUMN tax numeric(10, 2);
ALTER TABLE shop.orders ALTER COLUMN tax TYPE numeric(12, 2);
-- case: a type that is the same
ALTER TABLE shop.items ALTER COLUMN amount TYPE integer;
-- case: a column comes and another goes
ALTER TABLE shop.customers ADD COLUMN phone text;
ALTER TABLE shop.customers ALTER COLUMN phone TYPE varchar(20); -- ON01
-- case: a default and a storage
ALTER TABLE shop.customers ALTER COLUMN note SET DEFAULT '', ALTER COLUMN note SET STORAGE EXTERNAL;
-- case: a column is not NULL
ALTER TABLE shop.customers ALTER COLUMN note SET DEFAULT '';
ALTER TABLE shop.customers ALTER COLUMN note SET NOT NULL; -- ON01
-- case: a constraint and an index
ALTER TABLE shop.items ADD CONSTRAINT amount_bound CHECK (amount > -1) NOT VALID; -- ON09
CREATE INDEX CONCURRENTLY items_amount ON shop.items (amount);
-- case: a column is added in front of nothing
ALTER TABLE shop.events ADD COLUMN tag text;
-- case: a domain for its type
CREATE DOMAIN shop.cents AS int;
ALTER TABLE shop.items ALTER COLUMN amount TYPE shop.cents; -- ON07
