-- ctb:no-transaction: the table is in use all day
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS log_id_key ON company.log (id); -- expect: atomic
