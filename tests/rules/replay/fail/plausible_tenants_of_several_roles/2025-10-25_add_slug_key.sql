BEGIN;
SET LOCAL ROLE ctb_case_tenants;
CREATE UNIQUE INDEX IF NOT EXISTS tenant_slug_key ON tenants.tenant (lower(slug)); -- expect: replay warning
COMMIT;
