-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-A2D914D1
-- Last Updated: 2025-01-13
-- Enforcement: ORBT

-- Description: The table has the plural, since order is a keyword.

BEGIN;

CREATE TABLE IF NOT EXISTS shop.orders (
    order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customer (customer_id),
    status shop.order_status NOT NULL DEFAULT 'cart',
    placed_at timestamptz,
    note text
);
CREATE INDEX IF NOT EXISTS orders_customer_id_idx ON shop.orders (customer_id);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.orders;
-- COMMIT;
