DO $$
BEGIN
    ALTER TABLE company.master DROP CONSTRAINT IF EXISTS master_fax_check;
    ALTER TABLE company.master ALTER COLUMN domain DROP NOT NULL, ALTER legacy_id DROP DEFAULT;
    DROP INDEX IF EXISTS company.master_name_idx;
    EXECUTE 'DROP VIEW IF EXISTS company.names';
END $$;
