\set lost legacy_id
BEGIN;
ALTER TABLE company.master DROP COLUMN :lost; -- expect: no-drop-column:28
COMMIT;
