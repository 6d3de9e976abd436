BEGIN;

UPDATE company.log SET note = 'none' WHERE note IS NULL;

COMMIT;
