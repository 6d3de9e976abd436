BEGIN;

ALTER TABLE jobs.job DROP CONSTRAINT IF EXISTS job_attempts_check;
ALTER TABLE jobs.job ADD CONSTRAINT job_attempts_check CHECK (attempts >= 0 AND max_attempts >= 1) NOT VALID;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE jobs.job DROP CONSTRAINT IF EXISTS job_attempts_check;
-- COMMIT;
