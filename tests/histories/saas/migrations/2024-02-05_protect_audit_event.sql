BEGIN;

ALTER TABLE app.audit_event ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS audit_event_of_tenant ON app.audit_event;
CREATE POLICY audit_event_of_tenant ON app.audit_event USING (tenant_id = app.current_tenant());

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP POLICY IF EXISTS audit_event_of_tenant ON app.audit_event;
-- ALTER TABLE app.audit_event DISABLE ROW LEVEL SECURITY;
-- COMMIT;
