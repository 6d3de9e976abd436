BEGIN;

CREATE TABLE IF NOT EXISTS jobs.job_log (
    job_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    line text NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE IF NOT EXISTS jobs.job_log_2023_05 PARTITION OF jobs.job_log FOR VALUES FROM ('2023-05-01') TO ('2023-06-01');
CREATE TABLE IF NOT EXISTS jobs.job_log_2023_06 PARTITION OF jobs.job_log FOR VALUES FROM ('2023-06-01') TO ('2023-07-01');
CREATE TABLE IF NOT EXISTS jobs.job_log_rest PARTITION OF jobs.job_log DEFAULT;
CREATE INDEX IF NOT EXISTS job_log_job_id_idx ON jobs.job_log (job_id, at);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS jobs.job_log;
-- COMMIT;
