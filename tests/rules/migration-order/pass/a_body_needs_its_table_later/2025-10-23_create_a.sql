CREATE TABLE IF NOT EXISTS company.a (id bigint);
CREATE OR REPLACE FUNCTION company.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM company.b; END $$;
