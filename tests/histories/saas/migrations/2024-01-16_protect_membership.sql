BEGIN;

ALTER TABLE app.membership ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS membership_of_tenant ON app.membership;
CREATE POLICY membership_of_tenant ON app.membership
    USING (EXISTS (
        SELECT FROM app.project p WHERE p.project_id = membership.project_id AND p.tenant_id = app.current_tenant()
    ));

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP POLICY IF EXISTS membership_of_tenant ON app.membership;
-- ALTER TABLE app.membership DISABLE ROW LEVEL SECURITY;
-- COMMIT;
