BEGIN;
ALTER TABLE company.slot ADD COLUMN IF NOT EXISTS note text;
GRANT UPDATE (note) ON company.log TO ctb_app;
COMMIT;
-- Rollback:
-- ALTER TABLE company.slot DROP COLUMN note;
-- REVOKE UPDATE (note) ON company.log FROM ctb_app;
