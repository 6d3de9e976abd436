BEGIN;

ALTER TABLE app.subscription DROP CONSTRAINT IF EXISTS subscription_seats_sane;
ALTER TABLE app.subscription ADD CONSTRAINT subscription_seats_sane CHECK (seats < 100000) NOT VALID;
ALTER TABLE app.subscription VALIDATE CONSTRAINT subscription_seats_sane;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.subscription DROP CONSTRAINT IF EXISTS subscription_seats_sane;
-- COMMIT;
