BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback is easy, run DROP TABLE company.tag -- expect: rollback-instructions
