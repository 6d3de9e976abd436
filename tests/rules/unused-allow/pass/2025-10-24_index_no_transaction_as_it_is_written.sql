-- ctb:no-transaction: an index on a table in use
CREATE INDEX CONCURRENTLY IF NOT EXISTS name_idx ON company.master (name);
