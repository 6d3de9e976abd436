CREATE OR REPLACE FUNCTION company.clean() RETURNS void LANGUAGE sql AS $$
    ALTER TABLE company.master DROP COLUMN IF EXISTS fax; -- expect: no-drop-column
$$;
