-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-5119D3EE
-- Last Updated: 2025-08-25
-- Enforcement: ORBT

-- Description: The suppliers' prices rose on the first of the month.

BEGIN;

ALTER TABLE shop.product ADD COLUMN IF NOT EXISTS price_2025 numeric(10, 2);
UPDATE shop.product SET price_2025 = round(price * 1.03, 2) WHERE price_2025 IS NULL;

COMMIT;

-- Rollback: none, because the old price stands in shop.price_history
