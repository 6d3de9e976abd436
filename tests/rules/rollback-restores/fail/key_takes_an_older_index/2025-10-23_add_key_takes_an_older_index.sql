BEGIN;
ALTER TABLE people.badge ADD CONSTRAINT badge_key PRIMARY KEY USING INDEX badge_number;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE people.badge DROP CONSTRAINT badge_key;
