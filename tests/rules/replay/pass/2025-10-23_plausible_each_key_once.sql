BEGIN;
CREATE TABLE IF NOT EXISTS company.title (name text PRIMARY KEY);
INSERT INTO company.title (name) SELECT title FROM people.master WHERE title IS NOT NULL ON CONFLICT DO NOTHING;
ALTER TABLE people.master ADD COLUMN IF NOT EXISTS title_name text REFERENCES company.title (name);
UPDATE people.master SET title_name = title;
COMMIT;
