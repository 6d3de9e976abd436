-- a column is another guideline's affair
BEGIN;
ALTER TABLE company.master DROP COLUMN fax;
ALTER TABLE company.log DROP COLUMN IF EXISTS note CASCADE;
COMMIT;
