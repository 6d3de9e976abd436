DO $$
DECLARE
    command text := 'DROP COLUMN fax';
    r record;
BEGIN
    RAISE NOTICE '%', command;
    command := format('COMMENT ON COLUMN company.master.fax IS %L', 'ALTER TABLE company.master DROP COLUMN fax');
    EXECUTE command;
    FOR r IN SELECT 'SELECT 1' AS run LOOP
        EXECUTE r.run;
    END LOOP;
END $$;
