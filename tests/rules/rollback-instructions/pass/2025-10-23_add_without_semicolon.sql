BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- rollback:
-- DROP TABLE IF EXISTS company.tag
