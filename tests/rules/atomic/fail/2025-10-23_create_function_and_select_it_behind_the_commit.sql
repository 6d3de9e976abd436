BEGIN;
CREATE FUNCTION company.remember(what text) RETURNS bigint LANGUAGE sql
    AS $$ INSERT INTO company.log (id, note) VALUES (7, what) RETURNING id $$;
COMMIT; -- expect: atomic
SELECT company.remember('migrated');
