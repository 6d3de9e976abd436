-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-389FB4E7
-- Last Updated: 2025-08-11
-- Enforcement: ORBT

-- Description: Add gift to orders

BEGIN;

ALTER TABLE shop.orders
    ADD COLUMN IF NOT EXISTS gift boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS gift_message text;
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_gift_message_check;
ALTER TABLE shop.orders ADD CONSTRAINT orders_gift_message_check CHECK (gift OR gift_message IS NULL);

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_gift_message_check;
-- ALTER TABLE shop.orders DROP COLUMN IF EXISTS gift, DROP COLUMN IF EXISTS gift_message;
-- COMMIT;
