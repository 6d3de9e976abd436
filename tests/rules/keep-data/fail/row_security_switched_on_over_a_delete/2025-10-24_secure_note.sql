BEGIN;
DELETE FROM company.note WHERE tenant = 2; -- expect: keep-data
ALTER TABLE company.note ENABLE ROW LEVEL SECURITY;
ALTER TABLE company.note FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON company.note USING (tenant = nullif(current_setting('app.tenant', true), '')::integer);
COMMIT;
