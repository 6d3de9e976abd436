BEGIN;

CREATE FUNCTION company.forget_old(before date) RETURNS bigint LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM company.master WHERE created_at < before RETURNING id) SELECT count(*) FROM gone
$$;
CREATE PROCEDURE company.lower_all() LANGUAGE plpgsql AS $$ BEGIN UPDATE company.master SET domain = lower(domain); END $$;
COMMENT ON FUNCTION company.forget_old IS 'called by hand';

COMMIT;
