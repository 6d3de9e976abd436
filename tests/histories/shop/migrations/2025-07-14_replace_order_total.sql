-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-70872FEF
-- Last Updated: 2025-07-14
-- Enforcement: ORBT

-- Description: Replace order total

BEGIN;

CREATE OR REPLACE VIEW shop.order_total AS
SELECT o.order_id, o.customer_id, o.status, coalesce(sum(l.quantity * l.unit_price), 0) AS total, o.currency
FROM shop.orders o
LEFT JOIN shop.order_line l ON l.order_id = o.order_id
GROUP BY o.order_id;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP VIEW IF EXISTS shop.order_total;
-- CREATE VIEW shop.order_total AS
-- SELECT o.order_id, o.customer_id, o.status, coalesce(sum(l.quantity * l.unit_price), 0) AS total
-- FROM shop.orders o
-- LEFT JOIN shop.order_line l ON l.order_id = o.order_id
-- GROUP BY o.order_id;
-- COMMIT;
