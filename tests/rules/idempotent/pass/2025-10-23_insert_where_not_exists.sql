BEGIN;
INSERT INTO company.master (domain, fax)
SELECT new.domain, new.fax
FROM (VALUES ('acme.example', '+43 1 1'), ('globex.example', NULL)) AS new (domain, fax)
WHERE NOT EXISTS (SELECT FROM company.master AS old WHERE old.domain = new.domain);
UPDATE company.master SET name = 'added at ' || clock_timestamp() WHERE name IS NULL;
DELETE FROM company.master WHERE domain = 'initech.example';
COMMIT;
