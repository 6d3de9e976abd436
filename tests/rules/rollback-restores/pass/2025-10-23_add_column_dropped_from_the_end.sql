BEGIN;
ALTER TABLE company.slot DROP COLUMN payload;
COMMIT;
-- Rollback:
-- ALTER TABLE company.slot ADD COLUMN payload jsonb;
