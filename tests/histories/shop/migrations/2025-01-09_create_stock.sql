-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-7ED37600
-- Last Updated: 2025-01-09
-- Enforcement: ORBT

-- Description: Create stock

BEGIN;

CREATE TABLE IF NOT EXISTS shop.stock (
    product_id bigint PRIMARY KEY REFERENCES shop.product (product_id),
    quantity integer NOT NULL DEFAULT 0,
    reserved integer NOT NULL DEFAULT 0,
    CONSTRAINT stock_reserved_check CHECK (reserved BETWEEN 0 AND quantity)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.stock;
-- COMMIT;
