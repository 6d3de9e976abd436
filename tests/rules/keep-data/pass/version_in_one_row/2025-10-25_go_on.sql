BEGIN;
UPDATE company.version SET ver = 'c' WHERE ver = 'b';
COMMIT;
