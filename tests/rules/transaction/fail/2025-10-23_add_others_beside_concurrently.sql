-- ctb:no-transaction: an index on a table in use
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS tier text; -- expect: transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS tier_idx ON company.master (tier);
