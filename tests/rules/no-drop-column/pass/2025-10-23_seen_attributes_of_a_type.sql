BEGIN;
DO $$
DECLARE
    one name;
BEGIN
    FOR one IN
        SELECT attname FROM pg_attribute
        WHERE attrelid = 'company.address'::regclass AND attname = 'street' AND NOT attisdropped
    LOOP
        EXECUTE 'ALTER TYPE company.address DROP ATTRIBUTE ' || quote_ident(one) || ' CASCADE';
    END LOOP;
END $$;
ALTER TYPE company.address ADD ATTRIBUTE zip text;
DROP TYPE company.address CASCADE;
COMMIT;
