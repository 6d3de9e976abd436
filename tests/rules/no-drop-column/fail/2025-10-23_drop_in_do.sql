DO $$
BEGIN
    IF true THEN
        ALTER TABLE company.master DROP COLUMN fax; -- expect: no-drop-column
    END IF;
END $$;
