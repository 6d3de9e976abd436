BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- DOWN MIGRATION: see the wiki -- expect: rollback-instructions
