-- the column is there before and after, its values are not
BEGIN;
DO $$ -- expect: no-drop-column
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY string_to_array('DROP fax;ADD fax text;ADD CONSTRAINT master_fax_check CHECK (fax <> '''')', ';') LOOP
        EXECUTE 'ALTER TABLE company.master ' || part;
    END LOOP;
END $$;
COMMIT;
