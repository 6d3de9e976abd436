BEGIN;

CREATE TABLE IF NOT EXISTS app.usage (
    tenant_id uuid NOT NULL REFERENCES app.tenant (tenant_id),
    day date NOT NULL,
    documents bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, day)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.usage;
-- COMMIT;
