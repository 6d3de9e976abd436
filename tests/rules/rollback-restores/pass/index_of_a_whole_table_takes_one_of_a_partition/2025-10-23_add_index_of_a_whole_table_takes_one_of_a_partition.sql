BEGIN;
CREATE INDEX IF NOT EXISTS visits_id ON marketing.visits (id);
COMMIT;
-- Rollback:
-- DROP INDEX marketing.visits_id;
-- CREATE INDEX by_id ON marketing.visits_2025 (id);
