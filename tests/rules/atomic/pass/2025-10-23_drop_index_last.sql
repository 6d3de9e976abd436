-- ctb:no-transaction: neither may lock the table
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_domain_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_name_domain_idx ON company.master (name, domain);
DROP INDEX CONCURRENTLY company.master_name_idx;
