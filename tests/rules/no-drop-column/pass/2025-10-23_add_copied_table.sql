CREATE TABLE company.copied AS SELECT id, fax FROM company.master;
ALTER TABLE company.copied DROP COLUMN fax;
