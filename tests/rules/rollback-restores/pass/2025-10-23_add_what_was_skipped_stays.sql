BEGIN;
CREATE TABLE IF NOT EXISTS company.log (id bigint, note text);
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback:
-- DROP TABLE IF EXISTS company.tag;
