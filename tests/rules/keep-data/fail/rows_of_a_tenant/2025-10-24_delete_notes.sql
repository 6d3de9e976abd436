BEGIN;
SET LOCAL app.tenant = '2';
DELETE FROM company.note; -- expect: keep-data
COMMIT;
