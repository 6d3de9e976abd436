BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- To roll back - DROP TABLE company.tag -- expect: rollback-instructions
