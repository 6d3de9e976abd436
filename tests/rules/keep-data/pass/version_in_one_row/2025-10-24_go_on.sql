BEGIN;
UPDATE company.version SET ver = 'b';
COMMIT;
