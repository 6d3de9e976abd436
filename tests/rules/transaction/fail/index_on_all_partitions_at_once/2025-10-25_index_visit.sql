-- ctb:no-transaction: an index on a table in use
CREATE INDEX IF NOT EXISTS visit_id_idx ON company.visit (id); -- expect: transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS visit_1_idx ON company.visit_1 (id);
