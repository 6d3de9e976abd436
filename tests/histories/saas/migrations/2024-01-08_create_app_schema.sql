-- All tables of the product lie in one schema.

BEGIN;

CREATE SCHEMA IF NOT EXISTS app;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP SCHEMA IF EXISTS app;
-- COMMIT;
