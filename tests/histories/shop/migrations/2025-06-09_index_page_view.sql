-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-11D6F868
-- Last Updated: 2025-06-09
-- Enforcement: ORBT

-- Description: Index page view

BEGIN;

CREATE INDEX IF NOT EXISTS page_view_product_idx ON shop.page_view (product_id, seen_at);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS shop.page_view_product_idx;
-- COMMIT;
