CREATE INDEX CONCURRENTLY IF NOT EXISTS y_idx ON company.master (name); -- expect: transaction
