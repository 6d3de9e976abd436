-- the comments go along with the column, and with the table
BEGIN;
ALTER TABLE company.master RENAME COLUMN fax TO telefax;
ALTER TABLE company.log RENAME TO journal;
ALTER TABLE company.journal SET SCHEMA people;
COMMIT;
