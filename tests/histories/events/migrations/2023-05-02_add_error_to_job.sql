BEGIN;

ALTER TABLE jobs.job ADD COLUMN IF NOT EXISTS error text, ADD COLUMN IF NOT EXISTS error_class text;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE jobs.job DROP COLUMN IF EXISTS error, DROP COLUMN IF EXISTS error_class;
-- COMMIT;
