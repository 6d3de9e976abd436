BEGIN;
DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY string_to_array('telex,pager,icq', ',') LOOP
        EXECUTE array_to_string(array_append(string_to_array('ALTER TABLE company.master DROP COLUMN IF EXISTS', ' '), one), ' ');
    END LOOP;
END $$;
COMMIT;
