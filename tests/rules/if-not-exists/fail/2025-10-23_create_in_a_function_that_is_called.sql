CREATE OR REPLACE FUNCTION company.make() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE company.made (id bigint); -- expect: if-not-exists
END $$;
SELECT company.make();
