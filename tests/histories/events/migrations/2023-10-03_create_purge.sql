BEGIN;

CREATE OR REPLACE FUNCTION jobs.purge(keep interval DEFAULT '30 days') RETURNS bigint
LANGUAGE sql
AS $$
    WITH gone AS (DELETE FROM jobs.job WHERE state = 'done' AND finished_at < now() - keep RETURNING 1)
    SELECT count(*) FROM gone
$$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS jobs.purge(interval);
-- COMMIT;
