BEGIN;

CREATE STATISTICS IF NOT EXISTS jobs.job_queue_state (dependencies, ndistinct) ON queue, state FROM jobs.job;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP STATISTICS IF EXISTS jobs.job_queue_state;
-- COMMIT;
