-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-2AD2B0F6
-- Last Updated: 2025-01-20
-- Enforcement: ORBT

-- Description: Add vat to order line

BEGIN;

ALTER TABLE shop.order_line ADD COLUMN IF NOT EXISTS vat_rate numeric(4, 2);
UPDATE shop.order_line l
SET vat_rate = p.vat_rate
FROM shop.product p
WHERE p.product_id = l.product_id AND l.vat_rate IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.order_line DROP COLUMN IF EXISTS vat_rate;
-- COMMIT;
