CREATE INDEX CONCURRENTLY IF NOT EXISTS v_idx ON company.master (name); -- expect: transaction:1
COMMENT ON INDEX company.v_idx IS 'by name'; -- expect: transaction:1
