-- ctb:no-transaction: neither can run inside a transaction
DROP INDEX CONCURRENTLY IF EXISTS company.master_name_idx;
VACUUM (ANALYZE) company.master;
REINDEX TABLE CONCURRENTLY company.slot;
