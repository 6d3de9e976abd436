BEGIN;
CREATE INDEX IF NOT EXISTS visits_at ON marketing.visits (at);
CREATE UNIQUE INDEX IF NOT EXISTS visits_both ON marketing.visits (at, id);
DROP INDEX marketing.visits_at;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DROP INDEX IF EXISTS marketing.visits_both;
-- DROP INDEX marketing."First Page";
