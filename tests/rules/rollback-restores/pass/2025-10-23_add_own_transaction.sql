BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS phone text;
COMMIT;
-- Rollback:
-- BEGIN;
-- ALTER TABLE company.master DROP COLUMN IF EXISTS phone;
-- COMMIT;
