-- ctb:no-transaction: an index on a table in use
SET lock_timeout = '2s';
CREATE INDEX IF NOT EXISTS visit_id_idx ON ONLY company.visit (id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS visit_1_id_idx ON company.visit_1 (id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS "visit 2 id" ON company."visit 2" (id);
ALTER INDEX company.visit_id_idx ATTACH PARTITION company.visit_1_id_idx;
ALTER INDEX company.visit_id_idx ATTACH PARTITION company."visit 2 id";
