ALTER TABLE company.master RENAME COLUMN fax TO telefax;
