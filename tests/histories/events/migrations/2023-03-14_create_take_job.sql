BEGIN;

CREATE OR REPLACE FUNCTION jobs.take(from_queue text, worker text) RETURNS SETOF jobs.job
LANGUAGE sql
AS $$
    UPDATE jobs.job j
    SET state = 'running', locked_by = worker, attempts = j.attempts + 1
    WHERE j.job_id = (
        SELECT n.job_id FROM jobs.job n
        WHERE n.queue = from_queue AND n.state = 'queued' AND n.run_at <= now()
        ORDER BY n.run_at LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING j.*
$$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS jobs.take(text, text);
-- COMMIT;
