ALTER TABLE IF EXISTS company.log RENAME TO journal;
ALTER INDEX IF EXISTS company.master_name_idx RENAME TO master_title_idx;
ALTER VIEW IF EXISTS company.names SET SCHEMA people;
ALTER SEQUENCE IF EXISTS company.numbers RENAME TO counters;
