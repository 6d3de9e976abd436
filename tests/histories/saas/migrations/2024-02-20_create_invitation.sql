BEGIN;

CREATE TABLE IF NOT EXISTS app.invitation (
    invitation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES app.tenant (tenant_id) ON DELETE CASCADE,
    email text NOT NULL,
    token text NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days',
    accepted_at timestamptz
);
ALTER TABLE app.invitation ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS invitation_of_tenant ON app.invitation;
CREATE POLICY invitation_of_tenant ON app.invitation USING (tenant_id = app.current_tenant());
GRANT SELECT, INSERT, UPDATE ON app.invitation TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.invitation;
-- COMMIT;
