ALTER TABLE IF EXISTS company.master DROP COLUMN IF EXISTS fax CASCADE; -- expect: no-drop-column
