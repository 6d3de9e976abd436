BEGIN;
ALTER TABLE company.log RENAME TO diary;
COMMIT;
-- Rollback:
-- ALTER TABLE company.diary RENAME TO log;
