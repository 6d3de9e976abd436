-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-0F53052D
-- Last Updated: 2025-02-17
-- Enforcement: ORBT

-- Description: Add coupon to orders

BEGIN;

ALTER TABLE shop.orders ADD COLUMN IF NOT EXISTS coupon_code text REFERENCES shop.coupon (code);

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.orders DROP COLUMN IF EXISTS coupon_code;
-- COMMIT;
