BEGIN;
SET LOCAL ROLE ctb_case_tenants;
ALTER TABLE tenants.note ALTER COLUMN tenant_id SET NOT NULL; -- expect: replay error
COMMIT;
