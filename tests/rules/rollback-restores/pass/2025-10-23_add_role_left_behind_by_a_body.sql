BEGIN;
DO $$ BEGIN
IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ctb_guest') THEN
CREATE ROLE ctb_guest NOLOGIN;
END IF;
END $$;
GRANT USAGE ON SCHEMA company TO ctb_guest;
COMMIT;
-- Rollback:
-- REVOKE USAGE ON SCHEMA company FROM ctb_guest;
-- DROP ROLE ctb_guest;
