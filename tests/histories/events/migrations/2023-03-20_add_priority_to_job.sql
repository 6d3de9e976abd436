BEGIN;

ALTER TABLE jobs.job ADD COLUMN IF NOT EXISTS priority smallint NOT NULL DEFAULT 0;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE jobs.job DROP COLUMN IF EXISTS priority;
-- COMMIT;
