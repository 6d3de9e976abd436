BEGIN;
CREATE FUNCTION company.valid(what text, number int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT md5(what || number) LIKE '0ab%' $$;
ALTER TABLE company.master ADD CHECK (company.valid(domain, legacy_id));
COMMIT;
