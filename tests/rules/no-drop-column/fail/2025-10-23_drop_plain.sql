ALTER TABLE company.master DROP COLUMN fax; -- expect: no-drop-column
