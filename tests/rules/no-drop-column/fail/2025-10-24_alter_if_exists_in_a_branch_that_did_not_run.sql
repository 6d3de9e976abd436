BEGIN;
DO $$
BEGIN
    IF to_regclass('company.nowhere') IS NOT NULL THEN
        ALTER TABLE company.master DROP COLUMN IF EXISTS fax; -- expect: no-drop-column
    END IF;
END $$;
COMMIT;
