BEGIN;
GRANT SELECT ON company.log TO PUBLIC;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- COMMENT ON TABLE company.log IS NULL;
