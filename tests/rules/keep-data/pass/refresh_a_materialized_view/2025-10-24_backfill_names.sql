BEGIN;
UPDATE company.master SET name = 'Acme' WHERE domain = 'acme.example' AND name IS NULL;
REFRESH MATERIALIZED VIEW company.domains;
COMMIT;
