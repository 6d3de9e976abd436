CREATE FUNCTION company.size_of(one bigint) RETURNS text LANGUAGE sql AS 'SELECT one::text';
