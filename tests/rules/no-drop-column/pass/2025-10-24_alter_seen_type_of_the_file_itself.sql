BEGIN;
CREATE TYPE company.part AS (a int, b int);
CREATE TABLE company.whole (part company.part);
ALTER TYPE company.part DROP ATTRIBUTE b;
COMMIT;
