DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT 'fax' AS c LOOP
        EXECUTE 'ALTER TABLE company.master DROP COLUMN ' || r.c; -- expect: no-drop-column
    END LOOP;
EXCEPTION WHEN undefined_column THEN
    NULL;
END $$;
