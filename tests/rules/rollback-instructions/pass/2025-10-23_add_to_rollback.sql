BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- To rollback:
-- DROP TABLE IF EXISTS company.tag;
