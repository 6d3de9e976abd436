-- case: attach, and a question
BEGIN;
ALTER TABLE shop.events ATTACH PARTITION shop.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
SELECT count(*) FROM shop.events;
COMMIT;
-- case: detach, then the partition alone
BEGIN;
ALTER TABLE shop.events DETACH PARTITION shop.events_2024;
ALTER TABLE shop.events_2024 ADD COLUMN tag text;
COMMIT;
-- case: drop a view, then alter its table
BEGIN;
DROP VIEW shop.doubled;
ALTER TABLE shop.orders ADD COLUMN tax int;
COMMIT;
-- case: a view that reads another table from now on
BEGIN;
CREATE OR REPLACE VIEW shop.doubled AS SELECT id, amount AS total FROM shop.items;
LOCK TABLE shop.items;
COMMIT;
-- case: a view that reads another table from now on, and the old one is locked
BEGIN;
CREATE OR REPLACE VIEW shop.doubled AS SELECT id, amount AS total FROM shop.items;
LOCK TABLE shop.orders;
COMMIT;
-- case: a view is renamed, its table locked
BEGIN;
ALTER VIEW shop.doubled RENAME TO twice;
LOCK TABLE shop.orders;
COMMIT;
-- case: a table is renamed, then locked
BEGIN;
ALTER TABLE shop.orders RENAME TO purchases;
ALTER TABLE shop.purchases ADD COLUMN tax int;
COMMIT;
-- case: two tables change names
BEGIN;
ALTER TABLE shop.items RENAME TO items_old;
ALTER TABLE shop.settings RENAME TO items;
COMMENT ON TABLE shop.items IS 'x';
COMMIT;
-- case: a table gets another schema
BEGIN;
CREATE SCHEMA elsewhere;
ALTER TABLE shop.items SET SCHEMA elsewhere;
ALTER TABLE elsewhere.items ADD COLUMN tax int;
ALTER TABLE elsewhere.items SET SCHEMA shop;
DROP SCHEMA elsewhere;
COMMIT;
-- case: no child any more, then a child of another
BEGIN;
ALTER TABLE shop.logs_web NO INHERIT shop.logs;
ALTER TABLE shop.logs_web INHERIT shop.logs_all;
COMMIT;
-- case: a child that a view leaves out
BEGIN;
LOCK TABLE ONLY shop.logs_web;
COMMIT;
-- case: a child by its parent
BEGIN;
LOCK TABLE shop.logs IN SHARE MODE;
COMMIT;
-- case: the parent alone
BEGIN;
LOCK TABLE ONLY shop.logs;
COMMIT;
-- case: a partition in share mode
BEGIN;
LOCK TABLE shop.events_2024 IN SHARE MODE;
COMMIT;
-- case: a partition in exclusive mode
BEGIN;
LOCK TABLE shop.events_2024 IN EXCLUSIVE MODE;
COMMIT;
-- case: a view is locked
BEGIN;
LOCK TABLE shop.open_orders;
COMMIT;
-- case: a view is locked in share mode
BEGIN;
LOCK TABLE shop.vip IN SHARE MODE;
COMMIT;
-- case: each mode
BEGIN;
LOCK TABLE shop.orders IN ROW SHARE MODE;
LOCK TABLE shop.orders IN ROW EXCLUSIVE MODE;
LOCK TABLE shop.orders IN SHARE UPDATE EXCLUSIVE MODE;
LOCK TABLE shop.orders IN SHARE MODE;
LOCK TABLE shop.orders IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE shop.orders IN EXCLUSIVE MODE;
LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE;
COMMIT;
-- case: a lock that a savepoint gives back
BEGIN;
LOCK TABLE shop.items IN SHARE MODE;
SAVEPOINT a;
LOCK TABLE shop.orders;
LOCK TABLE shop.items;
ROLLBACK TO a;
SELECT 1;
COMMIT;
-- case: a lock that a body gives back
BEGIN;
DO $$ BEGIN BEGIN LOCK TABLE shop.orders; RAISE 'no'; EXCEPTION WHEN OTHERS THEN NULL; END; END $$;
COMMIT;
-- case: a table is dropped in a part that is taken back
BEGIN;
SAVEPOINT a;
DROP TABLE shop.settings CASCADE;
ROLLBACK TO a;
ALTER TABLE shop.settings ADD COLUMN n int;
COMMIT;
-- case: indexes in a transaction
BEGIN;
REINDEX INDEX shop.orders_status;
COMMIT;
BEGIN;
REINDEX TABLE shop.orders;
COMMIT;
BEGIN;
DROP INDEX shop.orders_status;
COMMIT;
-- case: an index gets options and a name
BEGIN;
ALTER INDEX shop.orders_status SET (fillfactor = 70);
ALTER INDEX shop.orders_status RENAME TO orders_by_status;
ALTER INDEX shop.orders_by_status RESET (fillfactor);
COMMIT;
-- case: an index goes to another tablespace
BEGIN;
ALTER INDEX shop.orders_status SET TABLESPACE pg_default;
COMMIT;
-- case: an index of a partition
BEGIN;
REINDEX INDEX shop.visits_2024_at;
COMMIT;
-- case: an index of a partitioned table gets options
BEGIN;
ALTER INDEX shop.visits_at RENAME TO visits_by_at;
COMMIT;
-- case: an index of a partitioned table goes to another tablespace
BEGIN;
ALTER INDEX shop.visits_at SET TABLESPACE pg_default;
COMMIT;
-- case: an index is attached
CREATE INDEX visits_who ON ONLY shop.visits (who);
CREATE INDEX visits_2024_who ON shop.visits_2024 (who);
ALTER INDEX shop.visits_who ATTACH PARTITION shop.visits_2024_who;
-- case: an index is attached in one transaction
BEGIN;
CREATE INDEX visits_who ON ONLY shop.visits (who);
CREATE INDEX visits_2024_who ON shop.visits_2024 (who);
ALTER INDEX shop.visits_who ATTACH PARTITION shop.visits_2024_who;
COMMIT;
-- case: an index of the file is built again
CREATE INDEX orders_total ON shop.orders (total);
REINDEX INDEX shop.orders_total;
-- case: an index of the file, in a transaction
BEGIN;
CREATE INDEX orders_total ON shop.orders (total);
REINDEX INDEX shop.orders_total;
COMMIT;
-- case: an index of the file goes again
CREATE INDEX orders_total ON shop.orders (total);
DROP INDEX shop.orders_total;
-- case: a sequence
BEGIN;
ALTER SEQUENCE shop.numbers RESTART;
COMMIT;
-- case: a sequence is locked by its identity column
BEGIN;
ALTER TABLE shop.tickets ALTER COLUMN id RESTART WITH 9;
COMMIT;
-- case: a sequence of a column
BEGIN;
ALTER SEQUENCE shop.tickets_id_seq INCREMENT 2;
COMMIT;
-- case: a sequence is renamed
BEGIN;
ALTER SEQUENCE shop.numbers RENAME TO figures;
COMMIT;
-- case: setval
BEGIN;
SELECT setval('shop.numbers', 9);
COMMIT;
-- case: a trigger
BEGIN;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE shop.orders DISABLE TRIGGER touched;
COMMIT;
-- case: a trigger of a partitioned table
BEGIN;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON shop.events FOR EACH ROW EXECUTE FUNCTION shop.touch();
COMMIT;
-- case: a rule
BEGIN;
CREATE RULE nothing AS ON DELETE TO shop.orders DO INSTEAD NOTHING;
COMMIT;
-- case: a policy
BEGIN;
CREATE POLICY mine ON shop.orders USING (true);
COMMIT;
-- case: statistics, comments, rights
BEGIN;
CREATE STATISTICS shop.both ON status, total FROM shop.orders;
COMMENT ON TABLE shop.orders IS 'x';
GRANT SELECT ON shop.orders TO PUBLIC;
ALTER TABLE shop.orders ALTER COLUMN status SET STATISTICS 200;
ALTER TABLE shop.orders SET (fillfactor = 80);
ANALYZE shop.orders;
COMMIT;
-- case: truncate a parent
BEGIN;
TRUNCATE shop.logs;
COMMIT;
-- case: truncate only a parent
BEGIN;
TRUNCATE ONLY shop.logs;
COMMIT;
-- case: truncate what is referred to
BEGIN;
TRUNCATE shop.orders CASCADE;
COMMIT;
-- case: a value of an enum
BEGIN;
ALTER TYPE shop.mood ADD VALUE 'mixed';
COMMIT;
-- case: an enum is renamed
BEGIN;
ALTER TYPE shop.mood RENAME TO moods_of_today;
COMMIT;
-- case: a check of a domain
BEGIN;
ALTER DOMAIN shop.percent ADD CONSTRAINT small CHECK (VALUE < 1000);
COMMIT;
-- case: a check of a domain, not valid
BEGIN;
ALTER DOMAIN shop.percent ADD CONSTRAINT small CHECK (VALUE < 1000) NOT VALID;
ALTER DOMAIN shop.percent VALIDATE CONSTRAINT small;
ALTER DOMAIN shop.percent SET NOT NULL;
COMMIT;
-- case: a materialized view
BEGIN;
REFRESH MATERIALIZED VIEW shop.daily;
COMMIT;
-- case: a materialized view, concurrently
BEGIN;
REFRESH MATERIALIZED VIEW CONCURRENTLY shop.daily;
COMMIT;
-- case: the table below a materialized view
BEGIN;
LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE;
COMMIT;
-- case: a materialized view under a view
BEGIN;
LOCK TABLE shop.of_daily;
COMMIT;
-- case: an index of a materialized view
BEGIN;
REINDEX INDEX shop.daily_id;
COMMIT;
-- case: cluster
BEGIN;
CLUSTER shop.orders USING orders_status;
COMMIT;
-- case: a foreign key
BEGIN;
ALTER TABLE shop.items ADD FOREIGN KEY (order_id) REFERENCES shop.orders (id) NOT VALID;
COMMIT;
-- case: a foreign key goes
BEGIN;
ALTER TABLE shop.items DROP CONSTRAINT items_order_id_fkey;
COMMIT;
-- case: a table that others refer to goes
BEGIN;
DROP TABLE shop.orders CASCADE;
COMMIT;
-- case: a partition goes
BEGIN;
DROP TABLE shop.events_2024;
COMMIT;
-- case: a default partition, and another one
BEGIN;
CREATE TABLE shop.visits_2026 PARTITION OF shop.visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
COMMIT;
-- case: a partition beside the default one is attached
BEGIN;
CREATE TABLE shop.visits_2026 (LIKE shop.visits);
ALTER TABLE shop.visits ATTACH PARTITION shop.visits_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
COMMIT;
-- case: the default partition is locked
BEGIN;
LOCK TABLE shop.visits_other;
COMMIT;
-- case: a partition of a partition
BEGIN;
LOCK TABLE shop.visits_2025_a;
COMMIT;
-- case: a partition of a partition is detached
BEGIN;
ALTER TABLE shop.visits_2025 DETACH PARTITION shop.visits_2025_a;
COMMIT;
-- case: a partition with its partitions is detached, then one is locked
BEGIN;
ALTER TABLE shop.visits DETACH PARTITION shop.visits_2025;
LOCK TABLE shop.visits_2025_a;
COMMIT;
-- case: a view that names a table and does not read it
BEGIN;
LOCK TABLE shop.settings;
COMMIT;
-- case: a view with a trigger
BEGIN;
LOCK TABLE shop.moods;
COMMIT;
-- case: a view with a trigger, in share mode
BEGIN;
LOCK TABLE shop.moods IN SHARE MODE;
COMMIT;
-- case: a view with a subquery
BEGIN;
LOCK TABLE shop.customers IN SHARE MODE;
COMMIT;
-- case: a view with a subquery, for all
BEGIN;
LOCK TABLE shop.customers;
COMMIT;
-- case: a new view over an old table
BEGIN;
CREATE VIEW shop.new_view AS SELECT * FROM shop.orders;
LOCK TABLE shop.orders;
COMMIT;
-- case: the owner of a view
BEGIN;
ALTER VIEW shop.doubled SET (security_barrier);
ALTER VIEW shop.doubled ALTER COLUMN total SET DEFAULT 3;
COMMIT;
-- case: rows are written
BEGIN;
INSERT INTO shop.settings (key, value) VALUES ('a', 'b');
UPDATE shop.orders SET total = 1;
DELETE FROM shop.items;
SELECT * FROM shop.customers FOR UPDATE;
COMMIT;
-- case: a partition is both detached and attached again
BEGIN;
ALTER TABLE shop.events DETACH PARTITION shop.events_2024;
ALTER TABLE shop.events ATTACH PARTITION shop.events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
COMMIT;
-- case: a partition is attached by a body
DO $$ BEGIN EXECUTE 'ALTER TABLE shop.events ATTACH PARTITION shop.events_2025 FOR VALUES FROM (''2025-01-01'') TO (''2026-01-01'')'; END $$;
-- case: a child leaves by a function
CREATE FUNCTION shop.leave() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE shop.logs_web NO INHERIT shop.logs; END $$;
SELECT shop.leave();
-- case: the schema is renamed
BEGIN;
ALTER SCHEMA shop RENAME TO store;
ALTER TABLE store.tickets ADD COLUMN n int;
ALTER TABLE store.tickets RENAME TO cards;
ALTER TABLE store.cards ADD COLUMN m int;
ALTER SCHEMA store RENAME TO shop;
COMMIT;
-- case: what replaces a table
BEGIN;
CREATE TABLE shop.items_new (LIKE shop.items INCLUDING ALL);
ALTER TABLE shop.items RENAME TO items_old;
ALTER TABLE shop.items_new RENAME TO items;
DROP TABLE shop.items_old CASCADE;
COMMIT;
-- case: a unique index becomes a constraint
CREATE UNIQUE INDEX customers_note ON shop.customers (note);
ALTER TABLE shop.customers ADD CONSTRAINT customers_note UNIQUE USING INDEX customers_note;
-- case: a table becomes typed
BEGIN;
ALTER TABLE shop.settings ALTER COLUMN value SET NOT NULL;
ALTER TABLE shop.settings REPLICA IDENTITY FULL;
ALTER TABLE shop.settings CLUSTER ON settings_pkey;
COMMIT;
-- case: a table is renamed, and altered in a transaction of its own
ALTER TABLE shop.tickets RENAME TO cards;
ALTER TABLE shop.cards ADD COLUMN n int;
-- case: a child goes
BEGIN;
DROP TABLE shop.logs_web;
COMMIT;
-- case: a child goes, and its parent is altered
BEGIN;
DROP TABLE shop.logs_web;
ALTER TABLE ONLY shop.logs SET (fillfactor = 50);
COMMIT;
-- case: an index of a child goes
CREATE INDEX web_line ON shop.logs_web (line);
DROP INDEX shop.web_line;
-- case: a partition is attached, and the parent altered
BEGIN;
ALTER TABLE shop.events ATTACH PARTITION shop.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
ALTER TABLE shop.events ADD COLUMN tag text;
COMMIT;
-- case: a table under two views goes
BEGIN;
DROP TABLE shop.moods CASCADE;
COMMIT;
-- case: a view that samples
BEGIN;
LOCK TABLE ONLY shop.logs_web;
COMMIT;
-- case: one of many that a view joins
BEGIN;
LOCK TABLE shop.settings IN EXCLUSIVE MODE;
LOCK TABLE shop.customers IN ACCESS EXCLUSIVE MODE;
COMMIT;
-- case: a view with a common table expression
BEGIN;
LOCK TABLE shop.shares;
COMMIT;
-- case: a view of the file, in a transaction before
CREATE VIEW shop.newest AS SELECT * FROM shop.tickets;
ALTER TABLE shop.tickets ADD COLUMN n int;
