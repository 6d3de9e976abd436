BEGIN;
DO $$ BEGIN EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO ctb_app', current_database()); END $$;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM ctb_app', current_database()); END $$;
