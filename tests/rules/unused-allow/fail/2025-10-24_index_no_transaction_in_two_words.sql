-- ctb:no transaction: an index on a table in use -- expect: unused-allow
CREATE INDEX CONCURRENTLY IF NOT EXISTS name_idx ON company.master (name);
