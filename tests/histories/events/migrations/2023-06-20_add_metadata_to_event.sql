BEGIN;

ALTER TABLE es.event ADD COLUMN IF NOT EXISTS metadata jsonb NOT NULL DEFAULT '{}';
ALTER TABLE es.event ADD COLUMN IF NOT EXISTS correlation_id uuid;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE es.event DROP COLUMN IF EXISTS metadata, DROP COLUMN IF EXISTS correlation_id;
-- COMMIT;
