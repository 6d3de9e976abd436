-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-1BB3DDB9
-- Last Updated: 2025-07-21
-- Enforcement: ORBT

-- Description: Create invoice

BEGIN;

CREATE SEQUENCE IF NOT EXISTS shop.invoice_number START 10001;
CREATE TABLE IF NOT EXISTS shop.invoice (
    invoice_number bigint PRIMARY KEY DEFAULT nextval('shop.invoice_number'),
    order_id bigint NOT NULL UNIQUE REFERENCES shop.orders (order_id),
    issued_on date NOT NULL DEFAULT current_date,
    total numeric(12, 2) NOT NULL
);
ALTER SEQUENCE shop.invoice_number OWNED BY shop.invoice.invoice_number;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.invoice;
-- COMMIT;
