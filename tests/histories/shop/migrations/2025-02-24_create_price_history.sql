-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-C9176438
-- Last Updated: 2025-02-24
-- Enforcement: ORBT

-- Description: Create price history

BEGIN;

CREATE TABLE IF NOT EXISTS shop.price_history (
    product_id bigint NOT NULL REFERENCES shop.product (product_id) ON DELETE CASCADE,
    price numeric(10, 2) NOT NULL,
    valid_from timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product_id, valid_from)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.price_history;
-- COMMIT;
