-- ctb:no-transaction: an index on a table in use
CREATE INDEX IF NOT EXISTS visit_id_idx ON ONLY company.visit (id); -- expect: transaction
CREATE INDEX CONCURRENTLY visit_1_id_idx ON company.visit_1 (id);
ALTER INDEX company.visit_id_idx ATTACH PARTITION company.visit_1_id_idx; -- expect: transaction
