BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'worker') THEN
        CREATE ROLE worker NOLOGIN;
    END IF;
END $$;
GRANT USAGE ON SCHEMA jobs, es TO worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.job TO worker;
GRANT EXECUTE ON FUNCTION jobs.take(text, text) TO worker;

COMMIT;

-- Rollback:
-- BEGIN;
-- REVOKE EXECUTE ON FUNCTION jobs.take(text, text) FROM worker;
-- REVOKE ALL ON jobs.job FROM worker;
-- REVOKE USAGE ON SCHEMA jobs, es FROM worker;
-- DROP ROLE IF EXISTS worker;
-- COMMIT;
