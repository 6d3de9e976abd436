BEGIN;
CREATE TABLE company.event (id bigint PRIMARY KEY, noted_at timestamptz, origin text);
CREATE TABLE company.call (minutes integer) INHERITS (company.event);
CREATE TABLE company.visit (origin text, city text) INHERITS (company.event);
CREATE FUNCTION company.alter_event(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'ALTER TABLE company.event ' || what;
END $$;
COMMIT;
