-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-D7AB297A
-- Last Updated: 2025-03-04
-- Enforcement: ORBT

-- Description: Create product rating

BEGIN;

CREATE MATERIALIZED VIEW IF NOT EXISTS shop.product_rating AS
SELECT r.product_id, avg(r.stars)::numeric(3, 2) AS stars, count(*) AS reviews
FROM shop.review r
GROUP BY r.product_id;
CREATE UNIQUE INDEX IF NOT EXISTS product_rating_key ON shop.product_rating (product_id);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP MATERIALIZED VIEW IF EXISTS shop.product_rating;
-- COMMIT;
