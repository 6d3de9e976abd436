CREATE TYPE company.pair AS (a integer, b integer);
CREATE CAST (company.pair AS text) WITH INOUT;
CREATE OPERATOR company.=== (leftarg = integer, rightarg = integer, function = int4eq);
CREATE TEXT SEARCH CONFIGURATION company.search (COPY = simple);
CREATE SCHEMA IF NOT EXISTS bit;
GRANT USAGE ON SCHEMA bit TO PUBLIC;
SELECT id INTO company.chosen FROM company.master;
