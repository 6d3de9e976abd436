-- ctb:no-transaction: neither may lock the table
DROP INDEX CONCURRENTLY company.master_name_idx; -- expect: atomic
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_lower_name_idx ON company.master (lower(name));
