CREATE TABLE IF NOT EXISTS company.b (a bigint);
CREATE OR REPLACE FUNCTION company.g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM company.a; END $$;
