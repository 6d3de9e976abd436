-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-B7E11546
-- Last Updated: 2025-01-08
-- Enforcement: ORBT

-- Description: Create product category

BEGIN;

CREATE TABLE IF NOT EXISTS shop.product_category (
    product_id bigint REFERENCES shop.product (product_id) ON DELETE CASCADE,
    category_id integer REFERENCES shop.category (category_id) ON DELETE CASCADE,
    PRIMARY KEY (product_id, category_id)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.product_category;
-- COMMIT;
