BEGIN;
-- ctb:allow no-drop-column: the number was never shown to anybody
ALTER TABLE company.master ALTER COLUMN size_label SET DEFAULT 'small',
    DROP COLUMN IF EXISTS legacy_id,
    ALTER COLUMN name SET STORAGE EXTENDED;
COMMIT;
