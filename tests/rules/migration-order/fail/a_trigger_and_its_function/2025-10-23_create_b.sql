COMMENT ON TABLE company.a IS 'x'; -- expect: migration-order
CREATE FUNCTION company.b() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
