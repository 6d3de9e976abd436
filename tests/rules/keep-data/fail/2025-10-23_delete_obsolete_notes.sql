BEGIN;
DELETE FROM company.log WHERE note = 'obsolete since 2019'; -- expect: keep-data
DELETE FROM company.log WHERE id IS NULL AND id = 0;
COMMIT;
