-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-D2634C0F
-- Last Updated: 2025-06-16
-- Enforcement: ORBT

-- Description: Create top product

BEGIN;

CREATE OR REPLACE VIEW shop.top_product AS
WITH seen AS (
    SELECT v.product_id, count(*) AS views FROM shop.page_view v WHERE v.seen_at > now() - interval '7 days' GROUP BY v.product_id
), sold AS (
    SELECT l.product_id, sum(l.quantity) AS pieces FROM shop.order_line l GROUP BY l.product_id
)
SELECT p.product_id, p.name, coalesce(seen.views, 0) AS views, coalesce(sold.pieces, 0) AS pieces
FROM shop.product p
LEFT JOIN seen USING (product_id)
LEFT JOIN sold USING (product_id)
WHERE p.active;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP VIEW IF EXISTS shop.top_product;
-- COMMIT;
