BEGIN;
DELETE FROM company.slot WHERE id IS NULL;
DELETE FROM company.log WHERE id > 5 AND id < 5;
COMMIT;
