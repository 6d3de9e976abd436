-- case: an index
CREATE INDEX orders_total ON shop.orders (total); -- ON02
-- case: an index without a name
CREATE INDEX ON shop.orders (total, code); -- ON02
-- case: a unique index
CREATE UNIQUE INDEX orders_total ON shop.orders (total); -- ON02
-- case: a partial index
CREATE INDEX orders_total ON shop.orders (total) WHERE status = 'open'; -- ON02
-- case: an index of an expression
CREATE INDEX customers_lower ON shop.customers (lower(email)); -- ON02
-- case: a GIN index
CREATE INDEX customers_words ON shop.customers USING gin (to_tsvector('simple', note)); -- ON02
-- case: an index that is built concurrently
CREATE INDEX CONCURRENTLY orders_total ON shop.orders (total);
-- case: an index in a transaction
BEGIN;
CREATE INDEX orders_total ON shop.orders (total); -- ON02
COMMIT;
-- case: an index and rows in one transaction
BEGIN;
CREATE INDEX orders_total ON shop.orders (total); -- ON02
SELECT count(*) FROM shop.customers; -- ON02
COMMIT;
-- case: an index that is there
CREATE INDEX IF NOT EXISTS orders_status ON shop.orders (status);
-- case: an index of a materialized view
CREATE INDEX daily_status ON shop.daily (status);
-- case: an index of a new table
BEGIN;
CREATE TABLE shop.parcels (id bigint, weight int);
CREATE INDEX parcels_weight ON shop.parcels (weight);
COMMIT;
-- case: an index of a partitioned table
CREATE INDEX events_kind ON shop.events (kind); -- ON02
-- case: an index of a partitioned table, part by part
CREATE INDEX events_kind ON ONLY shop.events (kind);
CREATE INDEX CONCURRENTLY events_2024_kind ON shop.events_2024 (kind);
ALTER INDEX shop.events_kind ATTACH PARTITION shop.events_2024_kind;
-- case: an index of a partitioned table that nobody ends
CREATE INDEX events_kind ON ONLY shop.events (kind); -- ON09
-- case: an index of a partition
CREATE INDEX events_2024_kind ON shop.events_2024 (kind); -- ON02
-- case: an index of a child
CREATE INDEX logs_web_url ON shop.logs_web (url); -- ON02
-- case: an index of a table with a child
CREATE INDEX logs_line ON shop.logs (line); -- ON02
-- case: drop an index
DROP INDEX shop.orders_status;
-- case: drop an index concurrently
DROP INDEX CONCURRENTLY shop.orders_status;
-- case: rename an index
ALTER INDEX shop.orders_status RENAME TO orders_by_status;
-- case: reindex an index
REINDEX INDEX shop.orders_status; -- ON01
-- case: reindex a table
REINDEX TABLE shop.orders; -- ON01
-- case: reindex a table concurrently
REINDEX TABLE CONCURRENTLY shop.orders;
-- case: reindex an index concurrently
REINDEX INDEX CONCURRENTLY shop.orders_status;
-- case: cluster
CLUSTER shop.orders USING orders_status; -- ON01
-- case: vacuum full
VACUUM FULL shop.orders; -- ON01
-- case: vacuum
VACUUM shop.orders;
-- case: analyze
ANALYZE shop.orders;
-- case: refresh a materialized view
REFRESH MATERIALIZED VIEW shop.daily; -- ON01
-- case: refresh a materialized view concurrently
REFRESH MATERIALIZED VIEW CONCURRENTLY shop.daily;
-- case: a materialized view
CREATE MATERIALIZED VIEW shop.totals AS SELECT sum(total) AS total FROM shop.orders;
-- case: statistics
CREATE STATISTICS shop.orders_both ON status, code FROM shop.orders;
-- case: lock a table and read it
BEGIN;
LOCK TABLE shop.orders IN SHARE MODE;
SELECT count(*) FROM shop.orders; -- ON02
COMMIT;
-- case: lock a table exclusively and read another
BEGIN;
LOCK TABLE shop.orders IN EXCLUSIVE MODE;
SELECT count(*) FROM shop.customers; -- ON02
COMMIT;
-- case: lock a table against all and read it
BEGIN;
LOCK TABLE shop.orders;
SELECT count(*) FROM shop.orders; -- ON01
COMMIT;
-- case: lock a table lightly and read it
BEGIN;
LOCK TABLE shop.orders IN ROW EXCLUSIVE MODE;
SELECT count(*) FROM shop.orders;
COMMIT;
-- case: lock a table and read one row
BEGIN;
LOCK TABLE shop.orders IN SHARE MODE;
SELECT note FROM shop.customers WHERE id = 3;
COMMIT;
-- case: a trigger
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
-- case: a trigger, and rows, in one transaction
BEGIN;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
UPDATE shop.orders SET total = 1; -- ON02 ON05
COMMIT;
-- case: a trigger is switched off for rows
BEGIN;
ALTER TABLE shop.orders DISABLE TRIGGER USER;
UPDATE shop.orders SET total = total + 1; -- ON02 ON05
ALTER TABLE shop.orders ENABLE TRIGGER USER;
COMMIT;
