BEGIN;
DROP TYPE IF EXISTS company.mood CASCADE;
CREATE TYPE company.mood AS ENUM ('good');
CREATE TABLE company.day (mood company.mood); -- expect: if-not-exists
COMMIT;
