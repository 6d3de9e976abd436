-- ctb:no-transaction: ... -- expect: transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS name_idx ON company.master (name);
