-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company.log_note_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_note_idx ON company.log (note);
ANALYZE company.log;
VACUUM company.log;
