BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback:
-- DROP TABLE IF EXISTS company.tag; -- expect: no-edit
