BEGIN;

INSERT INTO app.plan (plan, price_cents)
SELECT DISTINCT s.plan, 0 FROM app.subscription s
ON CONFLICT (plan) DO NOTHING;
ALTER TABLE app.subscription DROP CONSTRAINT IF EXISTS subscription_plan_fkey;
ALTER TABLE app.subscription ADD CONSTRAINT subscription_plan_fkey FOREIGN KEY (plan) REFERENCES app.plan (plan);

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.subscription DROP CONSTRAINT IF EXISTS subscription_plan_fkey;
-- COMMIT;
