BEGIN;
ALTER TABLE company.slot ADD COLUMN IF NOT EXISTS note text;
GRANT UPDATE (note) ON company.log TO ctb_app;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE company.slot DROP COLUMN note;
