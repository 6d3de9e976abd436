-- ctb:no-transaction: the log is written to all day
DROP INDEX CONCURRENTLY IF EXISTS company.log_id_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_id_idx ON company.log (id);
INSERT INTO company.log (id, note) VALUES (1, 'indexed') ON CONFLICT DO NOTHING; -- expect: atomic
DROP INDEX CONCURRENTLY IF EXISTS company.log_note_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_note_idx ON company.log (note);
