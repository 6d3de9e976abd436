BEGIN;

CREATE TABLE IF NOT EXISTS app.feature_flag (
    flag text NOT NULL,
    tenant_id uuid REFERENCES app.tenant (tenant_id) ON DELETE CASCADE,
    enabled boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX IF NOT EXISTS feature_flag_key ON app.feature_flag (flag, coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'));
INSERT INTO app.feature_flag (flag) VALUES ('new-editor') ON CONFLICT DO NOTHING;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.feature_flag;
-- COMMIT;
