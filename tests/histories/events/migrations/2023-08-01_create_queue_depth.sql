BEGIN;

CREATE OR REPLACE VIEW jobs.queue_depth AS
SELECT queue, count(*) FILTER (WHERE state = 'queued') AS waiting, count(*) FILTER (WHERE state = 'running') AS running,
    min(run_at) FILTER (WHERE state = 'queued') AS oldest
FROM jobs.job
GROUP BY queue;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP VIEW IF EXISTS jobs.queue_depth;
-- COMMIT;
