BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback (run by hand):
--   DROP TABLE IF EXISTS company.tag;
