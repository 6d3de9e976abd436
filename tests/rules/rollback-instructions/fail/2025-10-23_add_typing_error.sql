BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rolback: -- expect: rollback-instructions
-- DROP TABLE IF EXISTS company.tag;
