-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-6AD1EA2B
-- Last Updated: 2025-03-18
-- Enforcement: ORBT

-- Description: Deprecate customer name

BEGIN;

ALTER TABLE shop.customer ALTER COLUMN name DROP NOT NULL;
COMMENT ON COLUMN shop.customer.name IS 'DEPRECATED 2025-03-18: first_name and last_name are asked for separately now';

COMMIT;

-- Rollback:
-- BEGIN;
-- COMMENT ON COLUMN shop.customer.name IS NULL;
-- ALTER TABLE shop.customer ALTER COLUMN name SET NOT NULL;
-- COMMIT;
