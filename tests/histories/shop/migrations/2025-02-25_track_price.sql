-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-4D31BD67
-- Last Updated: 2025-02-25
-- Enforcement: ORBT

-- Description: Track price

BEGIN;

CREATE OR REPLACE FUNCTION shop.track_price() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO shop.price_history (product_id, price) VALUES (new.product_id, new.price);
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS product_price_tracked ON shop.product;
CREATE TRIGGER product_price_tracked
    AFTER INSERT OR UPDATE OF price ON shop.product
    FOR EACH ROW EXECUTE FUNCTION shop.track_price();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS product_price_tracked ON shop.product;
-- DROP FUNCTION IF EXISTS shop.track_price();
-- COMMIT;
