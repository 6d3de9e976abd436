-- The API logs in as a member of app_user; support staff as members of app_reader.

BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_user') THEN
        CREATE ROLE app_user NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_reader') THEN
        CREATE ROLE app_reader NOLOGIN;
    END IF;
END $$;
GRANT USAGE ON SCHEMA app TO app_user, app_reader;

COMMIT;

-- Rollback:
-- BEGIN;
-- REVOKE USAGE ON SCHEMA app FROM app_user, app_reader;
-- DROP ROLE IF EXISTS app_user;
-- DROP ROLE IF EXISTS app_reader;
-- COMMIT;
