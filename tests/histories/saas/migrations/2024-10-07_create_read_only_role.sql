-- Reports log in as analyst, who reads and waits for nobody.

BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'analyst') THEN
        CREATE ROLE analyst NOLOGIN IN ROLE app_reader;
    END IF;
END $$;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO analyst;

COMMIT;

-- Rollback:
-- BEGIN;
-- REVOKE ALL ON ALL TABLES IN SCHEMA app FROM analyst;
-- DROP ROLE IF EXISTS analyst;
-- COMMIT;
