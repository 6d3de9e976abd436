CREATE TABLE IF NOT EXISTS company.master (id bigint);
ALTER TABLE company.master DROP COLUMN fax; -- expect: no-drop-column:28
