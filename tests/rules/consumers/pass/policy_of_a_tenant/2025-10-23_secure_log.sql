BEGIN;
ALTER TABLE company.log ADD COLUMN tenant text DEFAULT current_setting('app.tenant', true);
ALTER TABLE company.log ENABLE ROW LEVEL SECURITY;
ALTER TABLE company.log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON company.log USING (tenant = current_setting('app.tenant'));
COMMIT;
