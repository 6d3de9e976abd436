BEGIN;
UPDATE people.master SET title = '' WHERE title IS NULL;
ALTER TABLE people.master ALTER COLUMN title SET NOT NULL; -- expect: consumers
COMMIT;
