-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY company.master_name_idx;
