BEGIN;
CREATE TABLE IF NOT EXISTS company.upload (id bigint, raw text);
ALTER TABLE IF EXISTS company.upload DROP COLUMN IF EXISTS raw;
COMMIT;
