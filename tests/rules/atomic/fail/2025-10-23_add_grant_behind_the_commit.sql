BEGIN;
CREATE VIEW company.domains AS SELECT domain FROM company.master;
COMMIT; -- expect: atomic
SELECT count(*) FROM company.domains;
GRANT SELECT ON company.domains TO PUBLIC;
