BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint, name text);
-- ctb:allow no-drop-column: it is the file's own table, so nothing is lost -- expect: unused-allow:1
ALTER TABLE company.tag DROP COLUMN IF EXISTS name;
COMMIT;
