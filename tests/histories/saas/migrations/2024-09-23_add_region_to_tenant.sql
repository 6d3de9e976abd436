BEGIN;

ALTER TABLE app.tenant ADD COLUMN IF NOT EXISTS region text NOT NULL DEFAULT 'eu';
ALTER TABLE app.tenant DROP CONSTRAINT IF EXISTS tenant_region_check;
ALTER TABLE app.tenant ADD CONSTRAINT tenant_region_check CHECK (region IN ('eu', 'us', 'ap'));

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.tenant DROP CONSTRAINT IF EXISTS tenant_region_check;
-- ALTER TABLE app.tenant DROP COLUMN IF EXISTS region;
-- COMMIT;
