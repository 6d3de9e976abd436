-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company.log_id_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_id_idx ON company.log (id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_note_idx ON company.log (note); -- expect: atomic
