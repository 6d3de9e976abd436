BEGIN;
-- ctb:allow no-drop-column: nobody has a fax any more
-- ctb:allow if-not-exists: it must be there
ALTER TABLE company.master DROP COLUMN fax;
COMMIT;
