BEGIN;
UPDATE company.tag SET name = 'golang' WHERE name = 'go'; -- expect: keep-data
COMMIT;
