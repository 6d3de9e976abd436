BEGIN;
ALTER TABLE company.log RENAME COLUMN note TO remark;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE company.log DROP COLUMN remark;
