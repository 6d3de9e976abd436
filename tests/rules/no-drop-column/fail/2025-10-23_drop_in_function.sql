CREATE OR REPLACE FUNCTION company.clean() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE company.master DROP COLUMN IF EXISTS fax; -- expect: no-drop-column
END $$;
SELECT company.clean(); -- expect: no-drop-column
