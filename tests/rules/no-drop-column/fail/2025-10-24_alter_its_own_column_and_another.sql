BEGIN;
ALTER TABLE company.log ADD COLUMN scratch text;
ALTER TABLE company.log DROP COLUMN scratch, DROP COLUMN note; -- expect: no-drop-column
COMMIT;
