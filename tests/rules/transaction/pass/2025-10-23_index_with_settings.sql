-- ctb:no-transaction: the table is in use all day
SET lock_timeout = '2s';
SET statement_timeout = 0;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_name3_idx ON company.master (name);
RESET lock_timeout;
