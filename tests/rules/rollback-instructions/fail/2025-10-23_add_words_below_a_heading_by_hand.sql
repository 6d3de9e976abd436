BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback (by hand):
-- ask the team -- expect: rollback-instructions
