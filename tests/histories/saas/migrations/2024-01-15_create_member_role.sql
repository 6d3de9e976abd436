BEGIN;

DO $$
BEGIN
    CREATE TYPE app.member_role AS ENUM ('owner', 'editor', 'viewer');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TYPE IF EXISTS app.member_role;
-- COMMIT;
