DO $$
DECLARE
    command text;
BEGIN
    IF current_setting('server_version_num')::int > 0 THEN
        command := 'ALTER TABLE company.master DROP COLUMN fax';
    ELSE
        command := 'SELECT 1';
    END IF;
    EXECUTE command; -- expect: no-drop-column:5
    EXECUTE 'ALTER TABLE company.log ' || CASE WHEN true THEN 'DROP COLUMN note' ELSE 'ADD x int' END; -- expect: no-drop-column:5
END $$;
