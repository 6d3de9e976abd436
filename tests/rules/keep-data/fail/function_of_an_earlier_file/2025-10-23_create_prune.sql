BEGIN;

CREATE FUNCTION company.prune(above bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM company.log WHERE note LIKE 'tmp/%' AND id > above;
END $$;

COMMIT;
