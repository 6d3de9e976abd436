-- ctb:no-transaction: the table is in use all day
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_name_both_idx ON company.master (name, domain); -- expect: atomic
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_idx;
