BEGIN;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''8MB''', current_database()); END $$;
DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS ''of the company''', current_database()); END $$;
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
COMMIT;
