BEGIN;

UPDATE app.comment c SET tenant_id = d.tenant_id FROM app.document d
WHERE d.document_id = c.document_id AND c.tenant_id IS NULL;
ALTER TABLE app.comment ALTER COLUMN tenant_id SET NOT NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.comment ALTER COLUMN tenant_id DROP NOT NULL;
-- COMMIT;
