BEGIN;
UPDATE company.note SET kind = 'plain' WHERE kind IS NULL;
ALTER TABLE company.note ALTER COLUMN tenant TYPE bigint;
ALTER TABLE company.note ENABLE ROW LEVEL SECURITY;
ALTER TABLE company.note FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON company.note USING (tenant = nullif(current_setting('app.tenant', true), '')::integer);
COMMIT;
