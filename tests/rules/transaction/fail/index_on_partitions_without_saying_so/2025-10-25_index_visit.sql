CREATE INDEX IF NOT EXISTS visit_id_idx ON ONLY company.visit (id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS visit_1_id_idx ON company.visit_1 (id); -- expect: transaction
ALTER INDEX company.visit_id_idx ATTACH PARTITION company.visit_1_id_idx;
