ALTER TABLE company.master
    ADD COLUMN IF NOT EXISTS phone text,
    DROP COLUMN IF EXISTS fax, -- expect: no-drop-column
    ALTER COLUMN name SET DEFAULT '',
    DROP COLUMN IF EXISTS legacy_id; -- expect: no-drop-column
