-- The archive takes it from here.

BEGIN;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'jobs.job_log_2023_05'::regclass) THEN
        ALTER TABLE jobs.job_log DETACH PARTITION jobs.job_log_2023_05;
    END IF;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE jobs.job_log ATTACH PARTITION jobs.job_log_2023_05 FOR VALUES FROM ('2023-05-01') TO ('2023-06-01');
-- COMMIT;
