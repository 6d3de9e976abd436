-- ctb:no-transaction: the table is in use all day
SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY master_domain_idx ON company.master (domain); -- expect: atomic
CREATE INDEX CONCURRENTLY master_fax_idx ON company.master (fax);
