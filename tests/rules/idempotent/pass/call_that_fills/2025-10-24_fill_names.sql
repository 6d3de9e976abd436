BEGIN;

SELECT company.fill_names();

COMMIT;
