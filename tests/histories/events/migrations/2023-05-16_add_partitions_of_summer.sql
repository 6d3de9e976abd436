BEGIN;

CALL jobs.add_partition('2023-07-01');
CALL jobs.add_partition('2023-08-01');

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS jobs.job_log_2023_07, jobs.job_log_2023_08;
-- COMMIT;
