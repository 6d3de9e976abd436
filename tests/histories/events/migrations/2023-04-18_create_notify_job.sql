BEGIN;

CREATE OR REPLACE FUNCTION jobs.notify() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('jobs', new.queue);
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS job_notifies ON jobs.job;
CREATE TRIGGER job_notifies AFTER INSERT ON jobs.job FOR EACH ROW WHEN (new.state = 'queued') EXECUTE FUNCTION jobs.notify();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS job_notifies ON jobs.job;
-- DROP FUNCTION IF EXISTS jobs.notify();
-- COMMIT;
