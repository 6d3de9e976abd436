-- ctb:no-transaction: the table is in use all day
SET lock_timeout = '2s';
DROP INDEX CONCURRENTLY IF EXISTS company.master_domain_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_domain_idx ON company.master (domain);
DROP INDEX CONCURRENTLY IF EXISTS people.people_email_key;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS people_email_key ON people.master (email);
COMMENT ON INDEX company.master_domain_idx IS 'for the lookup by domain';
RESET lock_timeout;
