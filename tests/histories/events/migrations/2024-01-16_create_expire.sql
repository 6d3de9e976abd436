BEGIN;

CREATE OR REPLACE FUNCTION jobs.expire() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    expired bigint;
BEGIN
    UPDATE jobs.job j SET state = 'expired', finished_at = now()
    WHERE j.state = 'queued' AND j.run_at < now() - interval '1 day';
    GET DIAGNOSTICS expired = ROW_COUNT;
    RETURN expired;
END $$;
GRANT EXECUTE ON FUNCTION jobs.expire() TO worker;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS jobs.expire();
-- COMMIT;
