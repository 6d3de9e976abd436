-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company.log_id_key;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS log_id_key ON company.log (id);
