-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-4EA508AD
-- Last Updated: 2025-06-02
-- Enforcement: ORBT

-- Description: Create page view

BEGIN;

CREATE TABLE IF NOT EXISTS shop.page_view (
    product_id bigint NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    session text
) PARTITION BY RANGE (seen_at);
CREATE TABLE IF NOT EXISTS shop.page_view_2025_06 PARTITION OF shop.page_view FOR VALUES FROM ('2025-06-01') TO ('2025-07-01');
CREATE TABLE IF NOT EXISTS shop.page_view_2025_07 PARTITION OF shop.page_view FOR VALUES FROM ('2025-07-01') TO ('2025-08-01');

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.page_view;
-- COMMIT;
