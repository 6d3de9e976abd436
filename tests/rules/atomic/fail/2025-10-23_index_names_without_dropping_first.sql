-- ctb:no-transaction: the table is in use all day
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_domain_idx ON company.master (domain); -- expect: atomic
