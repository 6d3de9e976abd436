BEGIN;
ALTER TABLE company.master ADD COLUMN scratch text;
UPDATE company.master SET scratch = lower(domain);
UPDATE company.master SET name = scratch;
ALTER TABLE company.master DROP COLUMN scratch;
COMMIT;
