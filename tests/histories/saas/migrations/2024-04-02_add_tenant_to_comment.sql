-- Its policy needs no join then.

BEGIN;

ALTER TABLE app.comment ADD COLUMN IF NOT EXISTS tenant_id uuid REFERENCES app.tenant (tenant_id) ON DELETE CASCADE;
-- The owner sees no tenant's rows while row security is forced.
ALTER TABLE app.document NO FORCE ROW LEVEL SECURITY;
UPDATE app.comment c
SET tenant_id = d.tenant_id
FROM app.document d
WHERE d.document_id = c.document_id AND c.tenant_id IS NULL;
ALTER TABLE app.document FORCE ROW LEVEL SECURITY;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.comment DROP COLUMN IF EXISTS tenant_id;
-- COMMIT;
