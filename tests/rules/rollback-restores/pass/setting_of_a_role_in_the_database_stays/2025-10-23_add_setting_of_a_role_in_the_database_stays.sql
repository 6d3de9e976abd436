BEGIN;
DO $$ BEGIN EXECUTE format('ALTER ROLE ctb_app IN DATABASE %I SET search_path = company, public', current_database()); END $$;
COMMIT;
-- Rollback:
-- DO $$ BEGIN EXECUTE format('ALTER ROLE ctb_app IN DATABASE %I RESET search_path', current_database()); END $$;
