-- In steps, so that no lock is held while the table is read.

BEGIN;

ALTER TABLE app.tenant DROP CONSTRAINT IF EXISTS tenant_slug_given;
ALTER TABLE app.tenant ADD CONSTRAINT tenant_slug_given CHECK (slug IS NOT NULL) NOT VALID;
UPDATE app.tenant SET slug = tenant_id::text WHERE slug IS NULL;
ALTER TABLE app.tenant VALIDATE CONSTRAINT tenant_slug_given;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.tenant DROP CONSTRAINT IF EXISTS tenant_slug_given;
-- COMMIT;
