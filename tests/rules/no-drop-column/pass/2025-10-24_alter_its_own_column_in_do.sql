BEGIN;
DO $$
BEGIN
    ALTER TABLE company.master ADD COLUMN scratch text;
    ALTER TABLE company.master DROP COLUMN scratch;
END $$;
COMMIT;
