BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- To roll back:
-- DROP TABLE IF EXISTS company.tag;
