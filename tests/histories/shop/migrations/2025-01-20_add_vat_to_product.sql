-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-09B71645
-- Last Updated: 2025-01-20
-- Enforcement: ORBT

-- Description: Add vat to product

BEGIN;

ALTER TABLE shop.product ADD COLUMN IF NOT EXISTS vat_rate numeric(4, 2) NOT NULL DEFAULT 19;
COMMENT ON COLUMN shop.product.vat_rate IS 'Percent, as it applies today; an order line keeps what applied then';

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.product DROP COLUMN IF EXISTS vat_rate;
-- COMMIT;
