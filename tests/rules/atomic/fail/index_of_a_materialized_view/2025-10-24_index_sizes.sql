-- ctb:no-transaction: the table is in use all day
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS sizes_key ON company.sizes (size_label); -- expect: atomic
