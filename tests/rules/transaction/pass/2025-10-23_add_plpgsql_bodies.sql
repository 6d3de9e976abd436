BEGIN;
DO $$
BEGIN
    IF true THEN
        BEGIN
            PERFORM 1;
        EXCEPTION WHEN others THEN
            NULL;
        END;
    END IF;
END;
$$;
CREATE OR REPLACE FUNCTION company.noop() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN NULL; END $f$;
COMMIT;
