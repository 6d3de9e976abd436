BEGIN;
ALTER TABLE company.master DROP COLUMN fax; -- expect: consumers
COMMIT;
