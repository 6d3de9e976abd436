-- Its policy needs no join then.

BEGIN;

ALTER TABLE app.comment ADD COLUMN IF NOT EXISTS tenant_id uuid REFERENCES app.tenant (tenant_id) ON DELETE CASCADE;
UPDATE app.comment c
SET tenant_id = d.tenant_id
FROM app.document d
WHERE d.document_id = c.document_id AND c.tenant_id IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.comment DROP COLUMN IF EXISTS tenant_id;
-- COMMIT;
