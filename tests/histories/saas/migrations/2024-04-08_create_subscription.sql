BEGIN;

CREATE TABLE IF NOT EXISTS app.subscription (
    subscription_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES app.tenant (tenant_id),
    plan text NOT NULL,
    seats integer NOT NULL DEFAULT 1 CHECK (seats > 0),
    started_on date NOT NULL DEFAULT current_date,
    ended_on date,
    CHECK (ended_on IS NULL OR ended_on >= started_on)
);
CREATE UNIQUE INDEX IF NOT EXISTS subscription_open_key ON app.subscription (tenant_id) WHERE ended_on IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.subscription;
-- COMMIT;
