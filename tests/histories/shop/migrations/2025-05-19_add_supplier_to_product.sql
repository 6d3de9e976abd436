-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-95115005
-- Last Updated: 2025-05-19
-- Enforcement: ORBT

-- Description: Add supplier to product

BEGIN;

ALTER TABLE shop.product ADD COLUMN IF NOT EXISTS supplier_id integer NOT NULL DEFAULT 1 REFERENCES shop.supplier (supplier_id);
CREATE INDEX IF NOT EXISTS product_supplier_id_idx ON shop.product (supplier_id);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS shop.product_supplier_id_idx;
-- ALTER TABLE shop.product DROP COLUMN IF EXISTS supplier_id;
-- COMMIT;
