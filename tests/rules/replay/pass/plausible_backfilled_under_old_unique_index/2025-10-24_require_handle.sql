BEGIN;
UPDATE people.master SET handle = 'user-' || id WHERE handle IS NULL;
ALTER TABLE people.master ALTER COLUMN handle SET NOT NULL;
COMMIT;
