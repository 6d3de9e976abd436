-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_idx;
