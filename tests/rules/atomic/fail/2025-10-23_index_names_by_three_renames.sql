-- ctb:no-transaction: the old index serves until the new one is there
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_new_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_name_new_idx ON company.master (lower(name));
ALTER INDEX IF EXISTS company.master_name_idx RENAME TO master_name_old_idx;
ALTER INDEX IF EXISTS company.master_name_new_idx RENAME TO master_name_idx; -- expect: atomic
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_old_idx;
