BEGIN;
DELETE FROM company.tag WHERE name = 'c'; -- expect: keep-data
UPDATE company.tag SET name = upper(name); -- expect: keep-data
COMMIT;
