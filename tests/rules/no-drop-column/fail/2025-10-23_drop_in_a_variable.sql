DO $$
DECLARE
    fixed text := 'ALTER TABLE company.master DROP COLUMN fax';
    made text;
BEGIN
    EXECUTE fixed; -- expect: no-drop-column:5
    made := format('ALTER TABLE %I.%I', 'company', 'slot');
    made := made || ' DROP COLUMN payload';
    EXECUTE made; -- expect: no-drop-column:5
END $$;
