BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS slug text UNIQUE;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS uid uuid UNIQUE DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX IF NOT EXISTS people_title_key ON people.master (title, id);
COMMIT;
