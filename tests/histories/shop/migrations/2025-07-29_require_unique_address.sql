-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-030B460F
-- Last Updated: 2025-07-29
-- Enforcement: ORBT

-- Description: Require unique address

BEGIN;

CREATE UNIQUE INDEX IF NOT EXISTS address_once_key ON shop.address (customer_id, street, city, postcode, country);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS shop.address_once_key;
-- COMMIT;
