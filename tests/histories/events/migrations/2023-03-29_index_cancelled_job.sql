BEGIN;

CREATE INDEX IF NOT EXISTS job_cancelled_idx ON jobs.job (finished_at) WHERE state IN ('failed', 'cancelled');

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS jobs.job_cancelled_idx;
-- COMMIT;
