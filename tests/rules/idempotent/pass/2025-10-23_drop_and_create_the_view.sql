BEGIN;
DROP VIEW IF EXISTS company.names;
CREATE VIEW company.names AS SELECT id, name, domain FROM company.master;
COMMENT ON VIEW company.names IS 'what a company is called';
GRANT SELECT ON company.names TO PUBLIC;
DROP INDEX IF EXISTS company.master_name_idx;
CREATE INDEX master_name_idx ON company.master (name) WHERE name IS NOT NULL;
COMMIT;
