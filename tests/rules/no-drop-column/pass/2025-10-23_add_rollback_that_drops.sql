ALTER TABLE company.master ADD COLUMN IF NOT EXISTS tier text;
-- Rollback:
-- ALTER TABLE company.master DROP COLUMN IF EXISTS tier;
