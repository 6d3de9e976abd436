DROP INDEX IF EXISTS company.master_name_idx;
DROP VIEW IF EXISTS company.names;
