BEGIN;

UPDATE company.master SET domain = lower(domain);

COMMIT;
