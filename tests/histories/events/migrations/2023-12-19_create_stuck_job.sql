BEGIN;

CREATE OR REPLACE VIEW jobs.stuck_job AS
SELECT j.job_id, j.queue, j.kind, j.locked_by, w.beat_at
FROM jobs.job j
LEFT JOIN jobs.worker w ON w.worker = j.locked_by
WHERE j.state = 'running' AND (w.beat_at IS NULL OR w.beat_at < now() - j.timeout);
GRANT SELECT ON jobs.stuck_job, jobs.queue_depth TO worker;

COMMIT;

-- Rollback:
-- BEGIN;
-- REVOKE SELECT ON jobs.queue_depth FROM worker;
-- DROP VIEW IF EXISTS jobs.stuck_job;
-- COMMIT;
