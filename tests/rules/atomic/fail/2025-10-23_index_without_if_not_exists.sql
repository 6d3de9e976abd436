-- ctb:no-transaction: the table is in use all day
CREATE INDEX CONCURRENTLY log_note_idx ON company.log (note); -- expect: atomic
