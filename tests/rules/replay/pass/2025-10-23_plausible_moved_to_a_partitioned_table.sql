BEGIN;
CREATE TABLE IF NOT EXISTS company.log_by_id (id bigint, note text) PARTITION BY RANGE (id);
CREATE TABLE IF NOT EXISTS company.log_low PARTITION OF company.log_by_id FOR VALUES FROM (MINVALUE) TO (1000);
CREATE TABLE IF NOT EXISTS company.log_rest PARTITION OF company.log_by_id DEFAULT;
INSERT INTO company.log_by_id (id, note) SELECT id, note FROM company.log;
CREATE UNIQUE INDEX IF NOT EXISTS log_low_note ON company.log_low (id) WHERE note = 'none of these';
COMMIT;
