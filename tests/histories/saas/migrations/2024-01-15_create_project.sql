BEGIN;

CREATE TABLE IF NOT EXISTS app.project (
    project_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES app.tenant (tenant_id) ON DELETE CASCADE,
    title text NOT NULL,
    archived boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS project_tenant_id_idx ON app.project (tenant_id);
ALTER TABLE app.project ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS project_of_tenant ON app.project;
CREATE POLICY project_of_tenant ON app.project USING (tenant_id = app.current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON app.project TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.project;
-- COMMIT;
