BEGIN;
CREATE FUNCTION company.reset(place regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'TRUNCATE ' || place;
END $$;
SELECT company.reset(oid) -- expect: keep-data
FROM pg_class
WHERE oid = 'company.log'::regclass;
DROP FUNCTION company.reset(regclass);
COMMIT;
