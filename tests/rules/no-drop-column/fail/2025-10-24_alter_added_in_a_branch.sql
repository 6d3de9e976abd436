BEGIN;
DO $$
BEGIN
    IF false THEN
        ALTER TABLE company.master ADD COLUMN fax text;
    END IF;
    ALTER TABLE company.master DROP COLUMN fax; -- expect: no-drop-column
END $$;
COMMIT;
