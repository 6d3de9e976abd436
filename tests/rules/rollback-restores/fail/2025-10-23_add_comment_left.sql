BEGIN;
COMMENT ON COLUMN company.log.note IS 'What was said';
COMMIT;
-- Rollback: -- expect: rollback-restores
-- COMMENT ON TABLE company.log IS NULL;
