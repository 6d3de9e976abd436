-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company."Log_Note_Idx";
CREATE INDEX CONCURRENTLY IF NOT EXISTS "log_Note_idx" ON company.log (note); -- expect: atomic
