-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company."Log Note";
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Log Note" ON company.log (note, id);
