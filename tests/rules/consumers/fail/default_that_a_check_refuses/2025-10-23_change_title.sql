BEGIN;
ALTER TABLE people.master ADD CONSTRAINT titled CHECK (title <> 'unknown'); -- expect: consumers
ALTER TABLE people.master ALTER COLUMN title SET DEFAULT 'unknown';
COMMIT;
