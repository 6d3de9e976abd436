BEGIN;
ALTER TABLE people.master ADD CONSTRAINT titled CHECK (title <> 'unknown');
ALTER TABLE people.master ALTER COLUMN title SET DEFAULT 'unknown'; -- expect: consumers
COMMIT;
