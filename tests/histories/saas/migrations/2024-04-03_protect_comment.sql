BEGIN;

ALTER TABLE app.comment ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS comment_of_tenant ON app.comment;
CREATE POLICY comment_of_tenant ON app.comment USING (tenant_id = app.current_tenant());

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP POLICY IF EXISTS comment_of_tenant ON app.comment;
-- ALTER TABLE app.comment DISABLE ROW LEVEL SECURITY;
-- COMMIT;
