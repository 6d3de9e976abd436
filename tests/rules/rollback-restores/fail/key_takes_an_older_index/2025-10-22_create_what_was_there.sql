BEGIN;
CREATE TABLE people.badge (number bigint NOT NULL);
CREATE UNIQUE INDEX badge_number ON people.badge (number);
COMMIT;
