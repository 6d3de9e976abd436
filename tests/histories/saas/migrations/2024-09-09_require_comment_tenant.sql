BEGIN;

-- The owner sees no tenant's rows while row security is forced.
ALTER TABLE app.document NO FORCE ROW LEVEL SECURITY;
UPDATE app.comment c SET tenant_id = d.tenant_id FROM app.document d
WHERE d.document_id = c.document_id AND c.tenant_id IS NULL;
ALTER TABLE app.document FORCE ROW LEVEL SECURITY;
ALTER TABLE app.comment ALTER COLUMN tenant_id SET NOT NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.comment ALTER COLUMN tenant_id DROP NOT NULL;
-- COMMIT;
