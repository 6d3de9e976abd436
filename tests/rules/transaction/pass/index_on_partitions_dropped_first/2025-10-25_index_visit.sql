-- ctb:no-transaction: an index on a table in use
CREATE UNIQUE INDEX IF NOT EXISTS visit_id_key ON ONLY company.visit (id);
DROP INDEX CONCURRENTLY IF EXISTS company.visit_1_id_idx;
CREATE INDEX CONCURRENTLY visit_1_id_idx ON company.visit_1 (id);
