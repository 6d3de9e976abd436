-- One partition a month; what fits in none goes to the default partition.

BEGIN;

CREATE TABLE IF NOT EXISTS app.audit_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    actor_id bigint,
    action text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    happened_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, happened_at)
) PARTITION BY RANGE (happened_at);
CREATE TABLE IF NOT EXISTS app.audit_event_default PARTITION OF app.audit_event DEFAULT;
GRANT SELECT, INSERT ON app.audit_event TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.audit_event;
-- COMMIT;
