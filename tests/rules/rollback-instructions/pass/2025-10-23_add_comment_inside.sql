BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback:
-- -- first what uses it
-- DROP VIEW IF EXISTS company.tags; /* then */
-- DROP TABLE IF EXISTS company.tag;
