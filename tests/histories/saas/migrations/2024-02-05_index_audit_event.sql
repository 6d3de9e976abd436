BEGIN;

CREATE INDEX IF NOT EXISTS audit_event_tenant_idx ON app.audit_event (tenant_id, happened_at);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS app.audit_event_tenant_idx;
-- COMMIT;
