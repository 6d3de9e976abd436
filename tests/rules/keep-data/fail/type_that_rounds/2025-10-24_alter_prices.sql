-- no USING is needed for it: Postgres rounds by itself
BEGIN;
ALTER TABLE company.price ALTER COLUMN weight TYPE bigint;
ALTER TABLE company.price ALTER COLUMN amount TYPE integer; -- expect: keep-data
COMMIT;
