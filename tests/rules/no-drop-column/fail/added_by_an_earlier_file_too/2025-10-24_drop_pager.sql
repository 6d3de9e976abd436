BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS pager text;
ALTER TABLE company.log DROP COLUMN pager; -- expect: no-drop-column
COMMIT;
