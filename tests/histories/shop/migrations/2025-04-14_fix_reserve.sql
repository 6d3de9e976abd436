-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-F7F9FFD2
-- Last Updated: 2025-04-14
-- Enforcement: ORBT

-- Description: A product without a row in stock was sold without end.

BEGIN;

CREATE OR REPLACE FUNCTION shop.reserve() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE shop.stock s SET reserved = s.reserved + new.quantity WHERE s.product_id = new.product_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'product % is not in stock', new.product_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- CREATE OR REPLACE FUNCTION shop.reserve() RETURNS trigger
-- LANGUAGE plpgsql
-- AS $$
-- BEGIN
--     UPDATE shop.stock s SET reserved = s.reserved + new.quantity WHERE s.product_id = new.product_id;
--     RETURN new;
-- END $$;
-- COMMIT;
