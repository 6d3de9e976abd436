BEGIN;
ALTER TABLE company.master ADD COLUMN scratch text;
ALTER TABLE company.master DROP COLUMN scratch;
ALTER TABLE company.master DROP COLUMN IF EXISTS scratch, DROP COLUMN IF EXISTS fax; -- expect: no-drop-column
COMMIT;
