-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-DC39033F
-- Last Updated: 2025-02-24
-- Enforcement: ORBT

-- Description: The first price of each product is the one that it has now.

BEGIN;

INSERT INTO shop.price_history (product_id, price, valid_from)
SELECT p.product_id, p.price, p.created_at
FROM shop.product p
ON CONFLICT DO NOTHING;

COMMIT;

-- Rollback: none, because the rows are dropped with the table
