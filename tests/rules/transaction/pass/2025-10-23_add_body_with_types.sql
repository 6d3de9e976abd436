BEGIN;
CREATE OR REPLACE FUNCTION company.first(one company.master) RETURNS company.stage LANGUAGE plpgsql AS $$
DECLARE
    found company.stage;
BEGIN
    /* COMMIT; */
    RETURN found;
END $$;
COMMIT;
