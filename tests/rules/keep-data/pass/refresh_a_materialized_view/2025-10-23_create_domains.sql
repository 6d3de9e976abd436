BEGIN;
INSERT INTO company.master (domain, name) VALUES ('acme.example', NULL);
CREATE MATERIALIZED VIEW company.domains AS SELECT domain, coalesce(name, 'none') AS name FROM company.master;
COMMIT;
