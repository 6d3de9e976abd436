BEGIN;
CREATE TYPE people.address AS (city text, street text);
CREATE TABLE IF NOT EXISTS company.house (id bigint, at people.address, others people.address[]);
CREATE FUNCTION company.of(a company.address) RETURNS text LANGUAGE sql AS 'SELECT (a).street';
COMMIT;
