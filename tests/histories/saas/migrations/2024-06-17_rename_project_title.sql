-- The view keeps the old name for the API's last release.

BEGIN;

ALTER TABLE app.project ADD COLUMN IF NOT EXISTS name text;
UPDATE app.project SET name = title WHERE name IS NULL;
COMMENT ON COLUMN app.project.title IS 'DEPRECATED 2024-06-17: see name';
ALTER TABLE app.project ALTER COLUMN title DROP NOT NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.project ALTER COLUMN title SET NOT NULL;
-- COMMENT ON COLUMN app.project.title IS NULL;
-- ALTER TABLE app.project DROP COLUMN IF EXISTS name;
-- COMMIT;
