BEGIN;
UPDATE company.names SET name = 'Unnamed company'; -- expect: keep-data
COMMIT;
