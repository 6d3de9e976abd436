-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-51D2DAA2
-- Last Updated: 2025-05-05
-- Enforcement: ORBT

-- Description: Check product names

BEGIN;

ALTER TABLE shop.product DROP CONSTRAINT IF EXISTS product_name_trimmed;
ALTER TABLE shop.product ADD CONSTRAINT product_name_trimmed CHECK (name = btrim(name)) NOT VALID;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.product DROP CONSTRAINT IF EXISTS product_name_trimmed;
-- COMMIT;
