BEGIN;
INSERT INTO company.cleanup (command) VALUES ('ALTER TABLE company.master DROP COLUMN fax');
SELECT count(fax) FROM company.master;
COMMIT; -- expect: no-drop-column
