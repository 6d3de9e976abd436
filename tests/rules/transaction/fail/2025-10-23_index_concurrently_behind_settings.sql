SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY IF NOT EXISTS w_idx ON company.master (name); -- expect: transaction:1
