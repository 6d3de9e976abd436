DROP FUNCTION IF EXISTS company.score(text);
CREATE FUNCTION company.score(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n'; -- expect: if-not-exists
