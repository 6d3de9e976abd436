BEGIN;
CREATE PROCEDURE people.slim(tab regclass, VARIADIC commands text[]) LANGUAGE plpgsql AS $$
DECLARE
    command text;
BEGIN
    FOREACH command IN ARRAY commands LOOP
        EXECUTE replace(command, '@', tab::text);
        COMMIT;
    END LOOP;
END $$;
COMMIT;
