BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Undo: -- expect: rollback-instructions
-- the tag goes away again
