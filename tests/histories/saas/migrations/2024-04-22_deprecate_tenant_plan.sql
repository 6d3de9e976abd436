-- The open subscription says it.

BEGIN;

ALTER TABLE app.tenant ALTER COLUMN plan DROP NOT NULL;
COMMENT ON COLUMN app.tenant.plan IS 'DEPRECATED 2024-04-22: see app.subscription.plan';

COMMIT;

-- Rollback:
-- BEGIN;
-- COMMENT ON COLUMN app.tenant.plan IS NULL;
-- ALTER TABLE app.tenant ALTER COLUMN plan SET NOT NULL;
-- COMMIT;
