-- Two jobs with one key are not queued at the same time.

BEGIN;

ALTER TABLE jobs.job ADD COLUMN IF NOT EXISTS unique_key text;
CREATE UNIQUE INDEX IF NOT EXISTS job_unique_key ON jobs.job (kind, unique_key) WHERE state IN ('queued', 'running');

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS jobs.job_unique_key;
-- ALTER TABLE jobs.job DROP COLUMN IF EXISTS unique_key;
-- COMMIT;
