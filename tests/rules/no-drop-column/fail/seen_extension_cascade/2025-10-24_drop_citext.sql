BEGIN;
DROP EXTENSION IF EXISTS citext CASCADE; -- expect: no-drop-column
ALTER TABLE people.master ADD COLUMN IF NOT EXISTS login text;
COMMIT;
