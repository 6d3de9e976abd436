BEGIN;
CREATE TABLE IF NOT EXISTS company.title (name text PRIMARY KEY);
INSERT INTO company.title (name) -- expect: replay warning
SELECT title
FROM people.master
WHERE title IS NOT NULL;
COMMIT;
