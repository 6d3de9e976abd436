-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company.sizes_key;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS sizes_key ON company.sizes (size_label);
REFRESH MATERIALIZED VIEW CONCURRENTLY company.sizes;
