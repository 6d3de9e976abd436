BEGIN;
CREATE SCHEMA persons;
DROP SCHEMA people CASCADE; -- expect: keep-data
ALTER SCHEMA persons RENAME TO people;
COMMIT;
