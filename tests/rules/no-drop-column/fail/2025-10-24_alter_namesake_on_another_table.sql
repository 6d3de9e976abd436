BEGIN;
ALTER TABLE company.log ADD COLUMN name text;
ALTER TABLE company.master DROP COLUMN name CASCADE; -- expect: no-drop-column
COMMIT;
