BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback:
-- DROP TABLE IF EXISTS company.tag;
-- DRP INDEX company.x; -- expect: rollback-instructions
