BEGIN;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''5s''', current_database()); END $$;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET statement_timeout', current_database()); END $$;
