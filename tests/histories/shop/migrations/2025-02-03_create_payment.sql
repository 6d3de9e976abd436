-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-81F370E1
-- Last Updated: 2025-02-03
-- Enforcement: ORBT

-- Description: Create payment

BEGIN;

CREATE TABLE IF NOT EXISTS shop.payment (
    payment_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id bigint NOT NULL REFERENCES shop.orders (order_id),
    provider text NOT NULL CHECK (provider IN ('card', 'transfer', 'voucher')),
    amount numeric(10, 2) NOT NULL CHECK (amount > 0),
    paid_at timestamptz NOT NULL DEFAULT now(),
    reference text,
    CONSTRAINT payment_reference_key UNIQUE (provider, reference)
);
CREATE INDEX IF NOT EXISTS payment_order_id_idx ON shop.payment (order_id);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.payment;
-- COMMIT;
