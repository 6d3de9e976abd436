BEGIN;

DO $$
BEGIN
    IF to_regtype('jobs.state') IS NULL THEN
        CREATE TYPE jobs.state AS ENUM ('queued', 'running', 'done', 'failed');
    END IF;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TYPE IF EXISTS jobs.state;
-- COMMIT;
