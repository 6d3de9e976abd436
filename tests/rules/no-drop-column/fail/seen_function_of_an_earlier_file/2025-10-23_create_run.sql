BEGIN;
CREATE FUNCTION company.run(command text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RETURN 1;
END $$;
COMMIT;
