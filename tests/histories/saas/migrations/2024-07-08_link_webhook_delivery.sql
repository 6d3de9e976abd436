BEGIN;

ALTER TABLE app.webhook_delivery DROP CONSTRAINT IF EXISTS webhook_delivery_webhook_id_fkey;
ALTER TABLE app.webhook_delivery ADD CONSTRAINT webhook_delivery_webhook_id_fkey
    FOREIGN KEY (webhook_id) REFERENCES app.webhook (webhook_id) ON DELETE CASCADE;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.webhook_delivery DROP CONSTRAINT IF EXISTS webhook_delivery_webhook_id_fkey;
-- COMMIT;
