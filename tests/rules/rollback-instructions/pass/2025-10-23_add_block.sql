BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS company.tag;
-- COMMIT;
