CREATE OR REPLACE FUNCTION company.make() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE company.made (id bigint); -- expect: if-not-exists:5
    RETURN 'made';
END $$;
INSERT INTO company.log (note) SELECT company.make();
