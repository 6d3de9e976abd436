-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-41315C4F
-- Last Updated: 2025-07-07
-- Enforcement: ORBT

-- Description: Add currency

BEGIN;

ALTER TABLE shop.orders ADD COLUMN IF NOT EXISTS currency character(3) NOT NULL DEFAULT 'EUR';
ALTER TABLE shop.payment ADD COLUMN IF NOT EXISTS currency character(3) NOT NULL DEFAULT 'EUR';
ALTER TABLE shop.product ADD COLUMN IF NOT EXISTS currency character(3) NOT NULL DEFAULT 'EUR';

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.orders DROP COLUMN IF EXISTS currency;
-- ALTER TABLE shop.payment DROP COLUMN IF EXISTS currency;
-- ALTER TABLE shop.product DROP COLUMN IF EXISTS currency;
-- COMMIT;
