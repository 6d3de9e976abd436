BEGIN;
GRANT USAGE ON SCHEMA company TO PUBLIC;
GRANT SELECT (id, name) ON company.master TO PUBLIC;
COMMIT;
-- Rollback:
-- BEGIN;
-- REVOKE SELECT (id, name) ON company.master FROM PUBLIC;
-- REVOKE USAGE ON SCHEMA company FROM PUBLIC;
-- COMMIT;
