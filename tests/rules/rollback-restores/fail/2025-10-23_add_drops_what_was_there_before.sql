BEGIN;
CREATE TABLE IF NOT EXISTS company.log (id bigint, note text);
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DROP TABLE IF EXISTS company.tag;
-- DROP TABLE IF EXISTS company.log;
