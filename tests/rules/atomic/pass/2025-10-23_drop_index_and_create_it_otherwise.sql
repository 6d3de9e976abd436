-- ctb:no-transaction: neither may lock the table
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_name_idx ON company.master (name text_pattern_ops);
VACUUM (ANALYZE) company.master;
