BEGIN;
CREATE INDEX IF NOT EXISTS visits_id ON marketing.visits (id);
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DROP INDEX marketing.visits_id;
