BEGIN;
UPDATE company.master SET name = domain WHERE size_label IS NULL; -- expect: keep-data
UPDATE company.master SET name = COALESCE(name, 'Globex') WHERE name IS NULL;
COMMIT;
