BEGIN;

CREATE UNLOGGED TABLE IF NOT EXISTS jobs.worker (
    worker text PRIMARY KEY,
    host inet,
    beat_at timestamptz NOT NULL DEFAULT now()
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS jobs.worker;
-- COMMIT;
