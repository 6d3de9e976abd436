BEGIN;
ALTER TABLE people.badge ADD CONSTRAINT badge_key PRIMARY KEY USING INDEX badge_number;
COMMIT;
-- Rollback:
-- ALTER TABLE people.badge DROP CONSTRAINT badge_key;
-- CREATE UNIQUE INDEX badge_number ON people.badge (number);
