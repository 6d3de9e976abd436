BEGIN;

CREATE TABLE IF NOT EXISTS app.api_key (
    api_key_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES app.tenant (tenant_id) ON DELETE CASCADE,
    hash bytea NOT NULL,
    scopes text[] NOT NULL DEFAULT '{}',
    revoked_at timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS api_key_hash_key ON app.api_key (hash);
ALTER TABLE app.api_key ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS api_key_of_tenant ON app.api_key;
CREATE POLICY api_key_of_tenant ON app.api_key USING (tenant_id = app.current_tenant());
GRANT SELECT, INSERT, UPDATE ON app.api_key TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.api_key;
-- COMMIT;
