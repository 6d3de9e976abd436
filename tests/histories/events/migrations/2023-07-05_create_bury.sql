BEGIN;

CREATE OR REPLACE FUNCTION jobs.bury(wanted bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO jobs.dead_letter (job_id, queue, kind, args, state, attempts)
    SELECT j.job_id, j.queue, j.kind, j.args, j.state, j.attempts FROM jobs.job j WHERE j.job_id = wanted;
    DELETE FROM jobs.job j WHERE j.job_id = wanted;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS jobs.bury(bigint);
-- COMMIT;
