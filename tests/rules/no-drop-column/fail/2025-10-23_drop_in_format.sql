DO $$
DECLARE
    col text := 'fax';
BEGIN
    EXECUTE format('ALTER TABLE %I.%I DROP COLUMN %I', 'company', 'master', col); -- expect: no-drop-column
END $$;
