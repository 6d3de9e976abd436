-- ctb:no-transaction: the table is in use all day
REINDEX (VERBOSE) TABLE CONCURRENTLY company.master; -- expect: atomic
