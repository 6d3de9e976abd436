BEGIN;
DO $$ BEGIN EXECUTE format('ALTER ROLE ctb_app IN DATABASE %I SET search_path = company, public', current_database()); END $$;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER ROLE ctb_app RESET search_path;
