-- ctb:no-transaction: one of the two indexes is always there
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_new_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_name_new_idx ON company.master (lower(name));
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_idx;
ALTER INDEX IF EXISTS company.master_name_new_idx RENAME TO master_name_idx;
