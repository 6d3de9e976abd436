-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-3F9D2B47
-- Last Updated: 2025-04-07
-- Enforcement: ORBT

-- Description: Create shipment

BEGIN;

CREATE TABLE IF NOT EXISTS shop.shipment (
    shipment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES shop.orders (order_id),
    carrier text NOT NULL,
    tracking_code text,
    shipped_on date NOT NULL DEFAULT current_date
);
CREATE UNIQUE INDEX IF NOT EXISTS shipment_tracking_key ON shop.shipment (carrier, tracking_code);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.shipment;
-- COMMIT;
