BEGIN;

CREATE TABLE IF NOT EXISTS app.document (
    document_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES app.tenant (tenant_id) ON DELETE CASCADE,
    project_id bigint NOT NULL REFERENCES app.project (project_id) ON DELETE CASCADE,
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    created_by bigint REFERENCES app.account (account_id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS document_project_id_idx ON app.document (project_id);
ALTER TABLE app.document ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.document FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS document_of_tenant ON app.document;
CREATE POLICY document_of_tenant ON app.document USING (tenant_id = app.current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON app.document TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.document;
-- COMMIT;
