BEGIN;
CREATE UNIQUE INDEX IF NOT EXISTS master_id_title_key ON people.master (id, title);
CREATE UNIQUE INDEX IF NOT EXISTS master_title_key -- expect: replay warning
    ON people.master (title) WHERE title IS NOT NULL;
COMMIT;
