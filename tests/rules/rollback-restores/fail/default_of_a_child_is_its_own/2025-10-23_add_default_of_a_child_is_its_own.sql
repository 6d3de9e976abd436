BEGIN;
ALTER TABLE people.person ALTER COLUMN rank SET DEFAULT 1;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE people.person ALTER COLUMN rank DROP DEFAULT;
