BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback:
-- drop the table again -- expect: rollback-instructions
