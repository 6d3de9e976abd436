-- replay: 25001
-- ctb:no-transaction: an index on a table in use
BEGIN; -- expect: transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS z_idx ON company.master (name);
COMMIT; -- expect: transaction
