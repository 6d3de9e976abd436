BEGIN;
ALTER TABLE company.log DROP COLUMN IF EXISTS pager; -- expect: no-drop-column
COMMIT;
