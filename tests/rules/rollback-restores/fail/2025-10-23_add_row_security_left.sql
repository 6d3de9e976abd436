BEGIN;
ALTER TABLE company.log ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS everybody ON company.log;
CREATE POLICY everybody ON company.log USING (true);
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DROP POLICY IF EXISTS everybody ON company.log;
