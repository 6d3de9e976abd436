-- ctb:no-transaction: an index on a table in use
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS slot_key ON company.slot (master_id);
ALTER TABLE company.slot ADD CONSTRAINT slot_key UNIQUE USING INDEX slot_key; -- expect: transaction
