BEGIN;

CREATE OR REPLACE PROCEDURE jobs.add_partition(month date)
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS jobs.%I PARTITION OF jobs.job_log FOR VALUES FROM (%L) TO (%L)',
        'job_log_' || to_char(month, 'YYYY_MM'), month, (month + interval '1 month')::date
    );
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP PROCEDURE IF EXISTS jobs.add_partition(date);
-- COMMIT;
