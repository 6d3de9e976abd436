-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-3FC68D0A
-- Last Updated: 2025-02-11
-- Enforcement: ORBT

-- Description: Create refund

BEGIN;

CREATE TABLE IF NOT EXISTS shop.refund (
    refund_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES shop.payment (payment_id),
    amount numeric(10, 2) NOT NULL CHECK (amount > 0),
    reason text NOT NULL,
    refunded_at timestamptz NOT NULL DEFAULT now()
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.refund;
-- COMMIT;
