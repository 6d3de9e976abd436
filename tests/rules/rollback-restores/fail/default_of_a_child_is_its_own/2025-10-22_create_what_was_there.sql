BEGIN;
CREATE TABLE people.person (rank integer);
CREATE TABLE people.boss () INHERITS (people.person);
ALTER TABLE people.boss ALTER COLUMN rank SET DEFAULT 9;
COMMIT;
