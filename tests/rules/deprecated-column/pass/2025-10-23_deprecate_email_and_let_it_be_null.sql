BEGIN;
ALTER TABLE people.master ALTER COLUMN email DROP NOT NULL;
COMMENT ON COLUMN people.master.email IS 'DEPRECATED 2025-10-23: use people.address';
COMMENT ON COLUMN company.master.domain IS 'DEPRECATED 2025-10-23: use company.site';
DO $$ BEGIN EXECUTE format('ALTER TABLE %I.master ALTER COLUMN domain DROP NOT NULL', 'company'); END $$;
COMMIT;
