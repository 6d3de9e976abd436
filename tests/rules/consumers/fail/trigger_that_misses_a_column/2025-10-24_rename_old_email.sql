BEGIN;
ALTER TABLE people.changes RENAME COLUMN old_email TO email; -- expect: consumers
COMMIT;
