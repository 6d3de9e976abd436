BEGIN;

CREATE TABLE IF NOT EXISTS app.webhook_delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY,
    webhook_id bigint NOT NULL,
    status smallint,
    sent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (delivery_id, sent_at)
) PARTITION BY RANGE (sent_at);
CREATE TABLE IF NOT EXISTS app.webhook_delivery_2024 PARTITION OF app.webhook_delivery
    FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE IF NOT EXISTS app.webhook_delivery_rest PARTITION OF app.webhook_delivery DEFAULT;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.webhook_delivery;
-- COMMIT;
