-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-5EBDB092
-- Last Updated: 2025-01-06
-- Enforcement: ORBT

-- Description: Create address

BEGIN;

CREATE TABLE IF NOT EXISTS shop.address (
    address_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customer (customer_id) ON DELETE CASCADE,
    street text NOT NULL,
    city text NOT NULL,
    postcode text NOT NULL,
    country character(2) NOT NULL DEFAULT 'DE'
);
CREATE INDEX IF NOT EXISTS address_customer_id_idx ON shop.address (customer_id);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.address;
-- COMMIT;
