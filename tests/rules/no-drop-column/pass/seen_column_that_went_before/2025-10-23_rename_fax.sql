BEGIN;
ALTER TABLE company.master RENAME COLUMN fax TO facsimile;
COMMIT;
