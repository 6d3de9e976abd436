-- ctb:no-transaction: the table is in use all day
REINDEX INDEX CONCURRENTLY company.master_name_idx; -- expect: atomic
