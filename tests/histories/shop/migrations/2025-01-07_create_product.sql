-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-0680295F
-- Last Updated: 2025-01-07
-- Enforcement: ORBT

-- Description: Create product

BEGIN;

CREATE TABLE IF NOT EXISTS shop.product (
    product_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku text NOT NULL UNIQUE,
    name text NOT NULL,
    description text,
    price numeric(10, 2) NOT NULL CHECK (price >= 0),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.product;
-- COMMIT;
