BEGIN;
UPDATE company.master SET name = name, domain = domain || '';
UPDATE company.log SET note = note WHERE note IS NOT NULL;
UPDATE company.names SET name = CASE WHEN name = 'Acme' THEN name ELSE name END;
COMMIT;
