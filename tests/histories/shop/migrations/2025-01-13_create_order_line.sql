-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-E9EBC58B
-- Last Updated: 2025-01-13
-- Enforcement: ORBT

-- Description: Create order line

BEGIN;

CREATE TABLE IF NOT EXISTS shop.order_line (
    order_id bigint NOT NULL REFERENCES shop.orders (order_id) ON DELETE CASCADE,
    line integer NOT NULL,
    product_id bigint NOT NULL REFERENCES shop.product (product_id),
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price numeric(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.order_line;
-- COMMIT;
