ALTER TABLE company.master DROP COLUMN fax;
