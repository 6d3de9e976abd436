BEGIN;

CREATE TABLE IF NOT EXISTS jobs.schedule (
    schedule_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cron text NOT NULL CHECK (cron ~ '^(\S+\s+){4}\S+$'),
    kind text NOT NULL,
    args jsonb NOT NULL DEFAULT '{}',
    next_run_at timestamptz,
    UNIQUE (kind, cron)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS jobs.schedule;
-- COMMIT;
