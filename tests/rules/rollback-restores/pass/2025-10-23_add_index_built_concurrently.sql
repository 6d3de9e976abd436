-- ctb:no-transaction: the table is in use
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_domain_idx ON company.master (domain);
-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS company.master_domain_idx;
