BEGIN;
ALTER TABLE company.log DROP COLUMN note; -- expect: consumers
COMMIT;
