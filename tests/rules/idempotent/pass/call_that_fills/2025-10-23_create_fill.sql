BEGIN;

CREATE OR REPLACE FUNCTION company.fill_names() RETURNS void LANGUAGE sql AS $$
    UPDATE company.master SET name = domain WHERE name IS NULL OR name = ''
$$;

COMMIT;
