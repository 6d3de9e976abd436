BEGIN;

ALTER TABLE app.audit_event ADD COLUMN IF NOT EXISTS request_id text;
CREATE INDEX IF NOT EXISTS audit_event_request_idx ON app.audit_event (request_id) WHERE request_id IS NOT NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS app.audit_event_request_idx;
-- ALTER TABLE app.audit_event DROP COLUMN IF EXISTS request_id;
-- COMMIT;
