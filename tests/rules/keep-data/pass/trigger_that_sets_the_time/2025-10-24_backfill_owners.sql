BEGIN;
UPDATE company.deal SET owner = 'nobody' WHERE owner IS NULL;
COMMIT;
