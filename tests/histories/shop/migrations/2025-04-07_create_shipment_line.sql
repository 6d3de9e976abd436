-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-D0CC48CE
-- Last Updated: 2025-04-07
-- Enforcement: ORBT

-- Description: Create shipment line

BEGIN;

CREATE TABLE IF NOT EXISTS shop.shipment_line (
    shipment_id bigint NOT NULL REFERENCES shop.shipment (shipment_id) ON DELETE CASCADE,
    order_id bigint NOT NULL,
    line integer NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (shipment_id, order_id, line),
    FOREIGN KEY (order_id, line) REFERENCES shop.order_line (order_id, line)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.shipment_line;
-- COMMIT;
