-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-3DB351DC
-- Last Updated: 2025-05-26
-- Enforcement: ORBT

-- Description: Create supplier role

BEGIN;

DO $$
BEGIN
    CREATE ROLE shop_supplier NOLOGIN;
EXCEPTION
    WHEN duplicate_object THEN NULL;
END $$;
GRANT USAGE ON SCHEMA shop TO shop_supplier;
GRANT SELECT (product_id, sku, name) ON shop.product TO shop_supplier;

COMMIT;

-- Rollback:
-- BEGIN;
-- REVOKE SELECT (product_id, sku, name) ON shop.product FROM shop_supplier;
-- REVOKE USAGE ON SCHEMA shop FROM shop_supplier;
-- DROP ROLE IF EXISTS shop_supplier;
-- COMMIT;
