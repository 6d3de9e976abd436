-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-5328A4D6
-- Last Updated: 2025-09-15
-- Enforcement: ORBT

-- Description: The reports' tool reads the views, and no table.

BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_report') THEN
        CREATE ROLE shop_report NOLOGIN;
    END IF;
END $$;
GRANT USAGE ON SCHEMA shop TO shop_report;
GRANT SELECT ON shop.order_total, shop.top_product, shop.product_rating TO shop_report;

COMMIT;

-- Rollback:
-- BEGIN;
-- REVOKE SELECT ON shop.order_total, shop.top_product, shop.product_rating FROM shop_report;
-- REVOKE USAGE ON SCHEMA shop FROM shop_report;
-- DROP ROLE IF EXISTS shop_report;
-- COMMIT;
