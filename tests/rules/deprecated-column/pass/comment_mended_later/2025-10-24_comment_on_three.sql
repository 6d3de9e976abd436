BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-24: nobody has one';
COMMENT ON COLUMN company.master.name IS NULL;
COMMENT ON COLUMN people.master.email IS '';
DO $$ BEGIN EXECUTE format('COMMENT ON COLUMN people.master.%I IS %L', 'title', 'Job title, no longer deprecated'); END $$;
COMMIT;
