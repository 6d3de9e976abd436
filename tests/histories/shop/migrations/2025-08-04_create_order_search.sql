-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-47CC3623
-- Last Updated: 2025-08-04
-- Enforcement: ORBT

-- Description: Create order search

BEGIN;

CREATE OR REPLACE FUNCTION shop.order_search(term text) RETURNS SETOF shop.orders
LANGUAGE sql STABLE
AS $$
    SELECT o.* FROM shop.orders o
    JOIN shop.customer c ON c.customer_id = o.customer_id
    WHERE c.email ILIKE '%' || term || '%' OR o.note ILIKE '%' || term || '%'
$$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS shop.order_search(text);
-- COMMIT;
