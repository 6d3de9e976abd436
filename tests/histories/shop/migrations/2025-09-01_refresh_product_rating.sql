-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-8D42EBBA
-- Last Updated: 2025-09-01
-- Enforcement: ORBT

-- Description: Refresh product rating

BEGIN;

REFRESH MATERIALIZED VIEW shop.product_rating;

COMMIT;

-- Rollback: none, because there is nothing to take back
