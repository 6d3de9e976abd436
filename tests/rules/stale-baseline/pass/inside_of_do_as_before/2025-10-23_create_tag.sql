BEGIN;
DO $$ BEGIN
    ALTER TABLE company.master DROP COLUMN fax;
END $$;
COMMIT;
