BEGIN;
DROP VIEW IF EXISTS company.names;
DROP TABLE IF EXISTS company.never_was, company.log CASCADE; -- expect: keep-data
COMMIT;
