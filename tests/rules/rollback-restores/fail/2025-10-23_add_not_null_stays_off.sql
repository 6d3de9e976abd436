BEGIN;
ALTER TABLE people.master ALTER COLUMN email DROP NOT NULL;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE people.master ALTER COLUMN email SET DEFAULT '';
-- ALTER TABLE people.master ALTER COLUMN email DROP DEFAULT;
