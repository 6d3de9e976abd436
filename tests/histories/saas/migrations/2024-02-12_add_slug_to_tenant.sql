BEGIN;

ALTER TABLE app.tenant ADD COLUMN IF NOT EXISTS slug text;
UPDATE app.tenant
SET slug = lower(regexp_replace(name, '[^a-zA-Z0-9]+', '-', 'g')) || '-' || left(tenant_id::text, 8)
WHERE slug IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.tenant DROP COLUMN IF EXISTS slug;
-- COMMIT;
