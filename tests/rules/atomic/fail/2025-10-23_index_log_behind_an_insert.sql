-- ctb:no-transaction: the log is written to all day
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_id_idx ON company.log (id);
INSERT INTO company.log (id, note) VALUES (1, 'indexed') ON CONFLICT DO NOTHING; -- expect: atomic
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_note_idx ON company.log (note);
