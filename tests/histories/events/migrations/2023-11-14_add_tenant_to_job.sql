BEGIN;

ALTER TABLE jobs.job ADD COLUMN IF NOT EXISTS tenant text;
UPDATE jobs.job SET tenant = args ->> 'tenant' WHERE tenant IS NULL AND args ? 'tenant';

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE jobs.job DROP COLUMN IF EXISTS tenant;
-- COMMIT;
