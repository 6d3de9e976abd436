BEGIN;
DELETE FROM company.city; -- expect: keep-data
COMMIT;
