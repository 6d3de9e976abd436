-- From integer to bigint would rewrite the table: a new column, which the application fills.

BEGIN;

ALTER TABLE jobs.job ADD COLUMN IF NOT EXISTS total_attempts bigint;
UPDATE jobs.job SET total_attempts = attempts WHERE total_attempts IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE jobs.job DROP COLUMN IF EXISTS total_attempts;
-- COMMIT;
