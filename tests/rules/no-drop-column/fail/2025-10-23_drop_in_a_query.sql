DO $$
DECLARE
    command text;
    r record;
BEGIN
    SELECT string_agg(format('ALTER TABLE company.master DROP COLUMN %I', attname), '; ') INTO command
    FROM pg_catalog.pg_attribute WHERE attrelid = 'company.master'::regclass AND attname = 'fax';
    EXECUTE command; -- expect: no-drop-column:5
    FOR r IN SELECT concat_ws(' ', 'ALTER TABLE company.slot', 'DROP COLUMN payload') AS run LOOP
        EXECUTE r.run; -- expect: no-drop-column:9
    END LOOP;
END $$;
