-- Support may read all tenants' projects.

BEGIN;

DROP POLICY IF EXISTS project_of_support ON app.project;
CREATE POLICY project_of_support ON app.project FOR SELECT TO app_reader USING (true);
GRANT SELECT ON app.project TO app_reader;

COMMIT;

-- Rollback:
-- BEGIN;
-- REVOKE SELECT ON app.project FROM app_reader;
-- DROP POLICY IF EXISTS project_of_support ON app.project;
-- COMMIT;
