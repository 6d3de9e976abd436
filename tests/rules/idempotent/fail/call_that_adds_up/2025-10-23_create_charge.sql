BEGIN;

CREATE OR REPLACE FUNCTION company.charge(fee int) RETURNS void LANGUAGE sql AS $$
    UPDATE company.master SET legacy_id = legacy_id + fee WHERE name = 'Acme'
$$;

COMMIT;
