-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-8DC1A96C
-- Last Updated: 2025-02-04
-- Enforcement: ORBT

-- Description: Allow invoice payments

BEGIN;

ALTER TABLE shop.payment DROP CONSTRAINT IF EXISTS payment_provider_check;
ALTER TABLE shop.payment ADD CONSTRAINT payment_provider_check
    CHECK (provider IN ('card', 'transfer', 'voucher', 'invoice'));

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.payment DROP CONSTRAINT IF EXISTS payment_provider_check;
-- ALTER TABLE shop.payment ADD CONSTRAINT payment_provider_check CHECK (provider IN ('card', 'transfer', 'voucher'));
-- COMMIT;
