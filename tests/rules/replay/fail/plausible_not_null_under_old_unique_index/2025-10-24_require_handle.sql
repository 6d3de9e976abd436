BEGIN;
ALTER TABLE people.master ALTER COLUMN handle SET NOT NULL; -- expect: replay error
COMMIT;
