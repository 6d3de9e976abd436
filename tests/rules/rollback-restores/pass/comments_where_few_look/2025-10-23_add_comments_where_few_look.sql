BEGIN;
COMMENT ON CONSTRAINT code_check ON DOMAIN company.code IS 'not empty';
COMMENT ON STATISTICS company.of_log IS 'both';
COMMENT ON ROLE ctb_app IS 'the program';
COMMIT;
-- Rollback:
-- COMMENT ON CONSTRAINT code_check ON DOMAIN company.code IS NULL;
-- COMMENT ON STATISTICS company.of_log IS NULL;
-- COMMENT ON ROLE ctb_app IS NULL;
