-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company.master_domain_idx;
CREATE INDEX CONCURRENTLY master_domain_idx ON company.master (domain);
