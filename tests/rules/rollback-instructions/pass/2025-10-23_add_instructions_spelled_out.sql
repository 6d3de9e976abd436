BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback instructions:
-- DROP TABLE
--     IF EXISTS company.tag;
