BEGIN;
ALTER TABLE company.master ALTER COLUMN legacy_id SET DEFAULT 7;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE company.master ALTER COLUMN legacy_id DROP DEFAULT;
