-- Rollback:
--   DROP TABLE IF EXISTS company.tag;

BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
