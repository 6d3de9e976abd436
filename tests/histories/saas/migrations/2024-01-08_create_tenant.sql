BEGIN;

CREATE TABLE IF NOT EXISTS app.tenant (
    tenant_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (name <> ''),
    plan text NOT NULL DEFAULT 'free',
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON app.tenant TO app_user, app_reader;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.tenant;
-- COMMIT;
