DO $$
BEGIN
    EXECUTE $q$ DO $i$ BEGIN ALTER TABLE company.master DROP COLUMN fax; END $i$ $q$; -- expect: no-drop-column:5
END $$;
