-- ctb: no-transaction: an index on a table in use -- expect: unused-allow
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Name Idx" ON company.master (name);
