BEGIN;

DO $$ -- expect: keep-data
DECLARE
    old record;
BEGIN
    FOR old IN SELECT l.id FROM company.log AS l WHERE l.note = 'stale' LOOP
        DELETE FROM company.log WHERE id = old.id;
    END LOOP;
END $$;
DO $$ -- expect: keep-data
BEGIN
    EXECUTE format('DELETE FROM %I.%I WHERE name = %L', 'company', 'master', 'Nobody Ltd');
END $$;

COMMIT;
