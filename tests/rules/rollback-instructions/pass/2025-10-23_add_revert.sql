BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Revert:
-- DROP TABLE IF EXISTS company.tag;
