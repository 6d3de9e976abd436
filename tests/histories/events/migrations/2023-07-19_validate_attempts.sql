BEGIN;

ALTER TABLE jobs.job VALIDATE CONSTRAINT job_attempts_check;

COMMIT;

-- Rollback: none, because a constraint that was validated does no harm
