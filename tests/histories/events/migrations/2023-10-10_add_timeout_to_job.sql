BEGIN;

ALTER TABLE jobs.job ADD COLUMN IF NOT EXISTS timeout interval NOT NULL DEFAULT '5 minutes';
ALTER TABLE jobs.job DROP CONSTRAINT IF EXISTS job_timeout_check;
ALTER TABLE jobs.job ADD CONSTRAINT job_timeout_check CHECK (timeout > interval '0');

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE jobs.job DROP CONSTRAINT IF EXISTS job_timeout_check;
-- ALTER TABLE jobs.job DROP COLUMN IF EXISTS timeout;
-- COMMIT;
