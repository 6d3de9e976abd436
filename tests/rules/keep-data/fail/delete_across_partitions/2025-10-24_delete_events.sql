BEGIN;
DELETE FROM company.event WHERE id <> 3; -- expect: keep-data
COMMIT;
