-- ctb:no-transaction: the table is in use
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_note ON company.log (note);
-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS company.log_note;
