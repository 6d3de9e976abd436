BEGIN;
CREATE FUNCTION company.size_of(one jsonb) RETURNS text LANGUAGE sql AS 'SELECT one::text'; -- expect: consumers
COMMIT;
