BEGIN;
CREATE FUNCTION company.slug(name text) RETURNS text LANGUAGE sql IMMUTABLE RETURN lower(replace(name, ' ', '-'));
ALTER TABLE company.master ADD COLUMN slug text GENERATED ALWAYS AS (company.slug(name)) STORED;
ALTER TABLE company.log ADD COLUMN slug text DEFAULT company.slug('None');
COMMIT;
