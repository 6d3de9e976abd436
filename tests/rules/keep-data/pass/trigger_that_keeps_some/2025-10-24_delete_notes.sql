BEGIN;

DELETE FROM company.log WHERE note = 'kept' AND id IN (3, 4);

COMMIT;
