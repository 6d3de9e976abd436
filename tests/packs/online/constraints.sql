-- case: set not null reads every row
ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL; -- ON01 ON06
-- case: set not null behind a validated check reads none
ALTER TABLE shop.orders ADD CONSTRAINT total_there CHECK (total IS NOT NULL) NOT VALID;
ALTER TABLE shop.orders VALIDATE CONSTRAINT total_there;
ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL; -- ON06
ALTER TABLE shop.orders DROP CONSTRAINT total_there;
-- case: validate, then set not null, in one transaction
ALTER TABLE shop.orders ADD CONSTRAINT total_there CHECK (total IS NOT NULL) NOT VALID;
BEGIN;
ALTER TABLE shop.orders VALIDATE CONSTRAINT total_there;
ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL; -- ON06
COMMIT;
-- case: not valid and validate in one transaction
BEGIN;
ALTER TABLE shop.orders ADD CONSTRAINT total_there CHECK (total > 0) NOT VALID;
ALTER TABLE shop.orders VALIDATE CONSTRAINT total_there; -- ON01
COMMIT;
-- case: not valid and validate in two transactions
BEGIN;
ALTER TABLE shop.orders ADD CONSTRAINT total_there CHECK (total > 0) NOT VALID;
COMMIT;
BEGIN;
ALTER TABLE shop.orders VALIDATE CONSTRAINT total_there;
COMMIT;
-- case: a check
ALTER TABLE shop.orders ADD CONSTRAINT total_positive CHECK (total > 0); -- ON01
-- case: a check without a name
ALTER TABLE shop.orders ADD CHECK (total > 0); -- ON01
-- case: a check of two columns in lower case
alter table shop.orders add check (total > 0 and id > 0); -- ON01
-- case: a check that is not valid
ALTER TABLE shop.orders ADD CHECK (total > 0) NOT VALID; -- ON09
-- case: a check with a column that is new
ALTER TABLE shop.orders ADD COLUMN tax int CHECK (tax >= 0); -- ON01
-- case: drop not null
ALTER TABLE shop.items ALTER COLUMN amount DROP NOT NULL;
-- case: drop a constraint
ALTER TABLE shop.orders DROP CONSTRAINT orders_pkey CASCADE; -- ON06 ON08
-- case: a foreign key
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id); -- ON02
-- case: a foreign key without a name
ALTER TABLE shop.orders ADD FOREIGN KEY (customer_id) REFERENCES shop.customers; -- ON02
-- case: a foreign key that is not valid
ALTER TABLE shop.orders ADD FOREIGN KEY (customer_id) REFERENCES shop.customers NOT VALID; -- ON09
-- case: a foreign key, validated later
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id) NOT VALID;
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_customer;
-- case: a foreign key, validated in the same transaction
BEGIN;
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id) NOT VALID;
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_customer; -- ON02
COMMIT;
-- case: a foreign key in a new table
CREATE TABLE shop.parcels (id bigint PRIMARY KEY, order_id bigint REFERENCES shop.orders (id));
-- case: a foreign key in a new table, which is filled at once
BEGIN;
CREATE TABLE shop.parcels (id bigint PRIMARY KEY, order_id bigint REFERENCES shop.orders (id));
INSERT INTO shop.parcels SELECT id, id FROM shop.orders; -- ON02
COMMIT;
-- case: a foreign key in a new table, which is filled later
BEGIN;
CREATE TABLE shop.parcels (id bigint PRIMARY KEY, order_id bigint REFERENCES shop.orders (id));
COMMIT;
INSERT INTO shop.parcels SELECT id, id FROM shop.orders;
-- case: a column with a reference and nothing in it
ALTER TABLE shop.orders ADD COLUMN parent_id bigint REFERENCES shop.orders (id);
-- case: a self reference
ALTER TABLE shop.orders ADD CONSTRAINT orders_self FOREIGN KEY (customer_id) REFERENCES shop.orders (id); -- ON02
-- case: a unique constraint
ALTER TABLE shop.orders ADD CONSTRAINT orders_total UNIQUE (total); -- ON01
-- case: a unique constraint of two columns without a name
ALTER TABLE shop.orders ADD UNIQUE (total, code); -- ON01
-- case: a unique constraint by an index
CREATE UNIQUE INDEX CONCURRENTLY orders_total ON shop.orders (total);
ALTER TABLE shop.orders ADD CONSTRAINT orders_total UNIQUE USING INDEX orders_total;
-- case: a primary key
ALTER TABLE shop.events_2025 ADD PRIMARY KEY (id); -- ON01 ON06
-- case: a primary key by an index, of a column that may be NULL
CREATE UNIQUE INDEX CONCURRENTLY events_2025_key ON shop.events_2025 (id);
ALTER TABLE shop.events_2025 ADD CONSTRAINT events_2025_key PRIMARY KEY USING INDEX events_2025_key; -- ON01 ON06
-- case: a primary key by an index, of a column that is NOT NULL
CREATE UNIQUE INDEX CONCURRENTLY events_2025_key ON shop.events_2025 (id);
ALTER TABLE shop.events_2025 ADD CONSTRAINT id_there CHECK (id IS NOT NULL) NOT VALID;
ALTER TABLE shop.events_2025 VALIDATE CONSTRAINT id_there;
ALTER TABLE shop.events_2025 ALTER COLUMN id SET NOT NULL; -- ON06
ALTER TABLE shop.events_2025 ADD CONSTRAINT events_2025_key PRIMARY KEY USING INDEX events_2025_key;
ALTER TABLE shop.events_2025 DROP CONSTRAINT id_there;
-- case: an exclusion constraint
ALTER TABLE shop.orders ADD CONSTRAINT orders_code EXCLUDE USING btree (id WITH =); -- ON01
-- case: all of it on a table of the same file
BEGIN;
CREATE TABLE shop.parcels (id bigint, weight int);
INSERT INTO shop.parcels VALUES (1, 2);
ALTER TABLE shop.parcels ALTER COLUMN weight SET NOT NULL, ADD PRIMARY KEY (id), ADD CHECK (weight > 0);
ALTER TABLE shop.parcels ALTER COLUMN weight TYPE bigint;
UPDATE shop.parcels SET weight = 3;
COMMIT;
-- case: several commands, one of which reads
ALTER TABLE shop.orders ADD COLUMN tax int, ALTER COLUMN total SET NOT NULL, ALTER COLUMN status SET DEFAULT 'open'; -- ON01 ON06
-- case: several commands, none of which reads
ALTER TABLE shop.orders ADD COLUMN tax int, ALTER COLUMN status SET DEFAULT 'open', ADD COLUMN vat int DEFAULT 3;
-- case: a check on a table with a child
ALTER TABLE shop.logs ADD CONSTRAINT line_there CHECK (line <> ''); -- ON01
-- case: a check on a table without its child
ALTER TABLE shop.logs ADD CONSTRAINT line_there CHECK (line <> '') NO INHERIT; -- ON01
-- case: a check of a child alone
ALTER TABLE shop.logs_web ADD CONSTRAINT url_there CHECK (url <> ''); -- ON01
-- case: a constraint trigger
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE CONSTRAINT TRIGGER touched AFTER INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
-- case: rename a constraint
ALTER TABLE shop.orders RENAME CONSTRAINT orders_pkey TO orders_key;
