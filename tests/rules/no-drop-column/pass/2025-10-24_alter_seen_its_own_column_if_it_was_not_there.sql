BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS scratch text;
UPDATE company.master SET scratch = name;
ALTER TABLE company.master DROP COLUMN IF EXISTS scratch;
COMMIT;
