-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-88B515B2
-- Last Updated: 2025-01-27
-- Enforcement: ORBT

-- Description: Create reserve

BEGIN;

CREATE OR REPLACE FUNCTION shop.reserve() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE shop.stock s SET reserved = s.reserved + new.quantity WHERE s.product_id = new.product_id;
    RETURN new;
END $$;
DROP TRIGGER IF EXISTS order_line_reserves ON shop.order_line;
CREATE TRIGGER order_line_reserves AFTER INSERT ON shop.order_line FOR EACH ROW EXECUTE FUNCTION shop.reserve();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS order_line_reserves ON shop.order_line;
-- DROP FUNCTION IF EXISTS shop.reserve();
-- COMMIT;
