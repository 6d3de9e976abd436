BEGIN;

DELETE FROM company.log WHERE false;
DELETE FROM company.master WHERE id = 5 AND id = 6;
DELETE FROM company.master WHERE domain IS NULL;
UPDATE company.master SET name = 'x' WHERE id > 10 AND id < 10;

COMMIT;
