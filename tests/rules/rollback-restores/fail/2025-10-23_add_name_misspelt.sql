BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DROP TABLE IF EXISTS company.tags;
