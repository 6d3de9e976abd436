DROP FUNCTION IF EXISTS company.score(integer, text[]);
CREATE FUNCTION company.score(n int, names text[] DEFAULT '{}', OUT sum integer) LANGUAGE sql AS 'SELECT n';
DROP ROUTINE IF EXISTS company.sweep;
CREATE PROCEDURE company.sweep(n bigint) LANGUAGE sql AS 'DELETE FROM company.log WHERE id = n';
DROP AGGREGATE IF EXISTS company.total(integer);
CREATE AGGREGATE company.total(integer) (sfunc = int4pl, stype = integer);
