BEGIN;
CREATE INDEX note_tenant_idx ON company.note (tenant);
ANALYZE company.note;
UPDATE company.note SET body = body;
ALTER TABLE company.note ENABLE ROW LEVEL SECURITY;
ALTER TABLE company.note FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON company.note USING (tenant = nullif(current_setting('app.tenant', true), '')::integer);
COMMIT;
