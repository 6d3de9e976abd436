BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback: -- expect: rollback-instructions

-- Verify with
-- SELECT 1;
