BEGIN;
CREATE TEMP TABLE batch (id bigint NOT NULL, raw text NOT NULL);
COMMENT ON COLUMN batch.raw IS 'DEPRECATED';
CREATE TEMP TABLE log ON COMMIT DROP AS SELECT id, note FROM company.log;
COMMENT ON COLUMN pg_temp.log.note IS 'deprecated';
COMMIT;
