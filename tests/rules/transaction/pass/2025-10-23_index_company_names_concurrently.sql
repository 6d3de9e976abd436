-- ctb:no-transaction: the table is in use all day
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_name2_idx ON company.master (name);
