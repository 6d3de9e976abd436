-- A tenant sees its own people only, and so does whoever owns the table.

BEGIN;

ALTER TABLE app.account ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.account FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS account_of_tenant ON app.account;
CREATE POLICY account_of_tenant ON app.account
    USING (tenant_id = app.current_tenant())
    WITH CHECK (tenant_id = app.current_tenant());

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP POLICY IF EXISTS account_of_tenant ON app.account;
-- ALTER TABLE app.account NO FORCE ROW LEVEL SECURITY;
-- ALTER TABLE app.account DISABLE ROW LEVEL SECURITY;
-- COMMIT;
