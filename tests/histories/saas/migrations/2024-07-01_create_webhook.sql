BEGIN;

CREATE TABLE IF NOT EXISTS app.webhook (
    webhook_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES app.tenant (tenant_id) ON DELETE CASCADE,
    url text NOT NULL CHECK (url LIKE 'https://%'),
    events text[] NOT NULL,
    active boolean NOT NULL DEFAULT true
);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.webhook TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.webhook;
-- COMMIT;
