-- case: a check of a child
ALTER TABLE shop.logs_web ADD CONSTRAINT a CHECK (url <> '') NOT VALID; -- ON09
-- case: a check of a table with a child
ALTER TABLE shop.logs ADD CONSTRAINT a CHECK (line <> '') NOT VALID; -- ON09
-- case: a check of a partition
ALTER TABLE shop.events_2024 ADD CONSTRAINT a CHECK (kind <> '') NOT VALID; -- ON09
-- case: a check of a partitioned table
ALTER TABLE shop.events ADD CONSTRAINT a CHECK (kind <> '') NOT VALID; -- ON09
-- case: a check in a transaction
BEGIN;
ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID; -- ON09
COMMIT;
-- case: a check in a DO block
DO $$ BEGIN ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID; END $$; -- ON09
-- case: a check in a text
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) ' || 'NOT VALID'; END $$; -- ON09
-- case: a check in a function
CREATE FUNCTION shop.checked() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID; END $$;
SELECT shop.checked(); -- ON09
-- case: a check in a procedure
CREATE PROCEDURE shop.checked() LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID; END $$;
CALL shop.checked(); -- ON09
-- case: two checks, one of which is validated
ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID, ADD CONSTRAINT b CHECK (id > 0) NOT VALID; -- ON09
ALTER TABLE shop.orders VALIDATE CONSTRAINT a;
-- case: two checks, none of which is validated
ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID; -- ON09
ALTER TABLE shop.orders ADD CONSTRAINT b CHECK (id > 0) NOT VALID; -- ON09
-- case: a check that is made anew
ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID;
ALTER TABLE shop.orders DROP CONSTRAINT a;
ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 1) NOT VALID; -- ON09
-- case: a check that is dropped
ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID;
ALTER TABLE shop.orders DROP CONSTRAINT a;
-- case: a check whose table is dropped
ALTER TABLE shop.settings ADD CONSTRAINT a CHECK (value <> '') NOT VALID;
DROP TABLE shop.settings; -- ON06
-- case: a check whose column is dropped
ALTER TABLE shop.customers ADD CONSTRAINT a CHECK (note <> '') NOT VALID;
ALTER TABLE shop.customers DROP COLUMN note; -- ON06
-- case: a check of a new table
CREATE TABLE shop.parcels (id int);
ALTER TABLE shop.parcels ADD CONSTRAINT a CHECK (id > 0) NOT VALID; -- ON09
-- case: a check in CREATE TABLE
CREATE TABLE shop.parcels (id int CHECK (id > 0));
-- case: a foreign key of a new table
CREATE TABLE shop.parcels (id int, order_id bigint);
ALTER TABLE shop.parcels ADD CONSTRAINT a FOREIGN KEY (order_id) REFERENCES shop.orders NOT VALID; -- ON09
-- case: a foreign key, validated in the same file
CREATE TABLE shop.parcels (id int, order_id bigint);
ALTER TABLE shop.parcels ADD CONSTRAINT a FOREIGN KEY (order_id) REFERENCES shop.orders NOT VALID;
ALTER TABLE shop.parcels VALIDATE CONSTRAINT a;
-- case: a name that needs quotes
ALTER TABLE shop.orders ADD CONSTRAINT "Not zero" CHECK (total <> 0) NOT VALID; -- ON09
-- case: a check that is rolled back
BEGIN;
ALTER TABLE shop.orders ADD CONSTRAINT a CHECK (total > 0) NOT VALID;
ROLLBACK;
-- case: an index of a partitioned table of the file, unfinished
CREATE TABLE shop.visits (at date) PARTITION BY RANGE (at);
CREATE TABLE shop.visits_2024 PARTITION OF shop.visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX visits_at ON ONLY shop.visits (at); -- ON09
-- case: an index of a partitioned table without a partition
CREATE TABLE shop.visits (at date) PARTITION BY RANGE (at);
CREATE INDEX visits_at ON shop.visits (at);
-- case: an index in a DO block, unfinished
DO $$ BEGIN CREATE INDEX events_kind ON ONLY shop.events (kind); END $$; -- ON09
