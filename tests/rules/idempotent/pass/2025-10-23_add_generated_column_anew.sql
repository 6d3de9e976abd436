BEGIN;
INSERT INTO people.master (id, email, title)
OVERRIDING SYSTEM VALUE
VALUES (1, 'ann@acme.example', 'Dr.'), (2, 'bob@acme.example', NULL)
ON CONFLICT (id) DO NOTHING;
ALTER TABLE people.master DROP COLUMN IF EXISTS full_name;
ALTER TABLE people.master
    ADD COLUMN full_name text GENERATED ALWAYS AS (coalesce(title || ' ', '') || email) STORED;
COMMIT;
