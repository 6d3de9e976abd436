BEGIN;
ALTER TABLE company.master DROP COLUMN fax; -- expect: no-drop-column
ALTER TABLE company.master ADD COLUMN fax text;
COMMIT;
