-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-8AA3FA83
-- Last Updated: 2025-03-31
-- Enforcement: ORBT

-- Description: Add weight to product

BEGIN;

ALTER TABLE shop.product ADD COLUMN IF NOT EXISTS weight_g integer CHECK (weight_g > 0);
UPDATE shop.product SET weight_g = 500 WHERE weight_g IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.product DROP COLUMN IF EXISTS weight_g;
-- COMMIT;
