CREATE VIEW company.v AS SELECT 1 AS one; -- expect: if-not-exists
CREATE MATERIALIZED VIEW company.mv AS SELECT 1 AS one; -- expect: if-not-exists
CREATE FUNCTION company.one() RETURNS integer LANGUAGE sql AS 'SELECT 1'; -- expect: if-not-exists
CREATE PROCEDURE company.two() LANGUAGE sql AS 'SELECT 2'; -- expect: if-not-exists
CREATE AGGREGATE company.total(integer) (sfunc = int4pl, stype = integer); -- expect: if-not-exists
