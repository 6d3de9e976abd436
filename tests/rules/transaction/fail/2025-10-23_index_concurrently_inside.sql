-- replay: 25001
BEGIN;
CREATE INDEX CONCURRENTLY IF NOT EXISTS x_idx ON company.master (name); -- expect: transaction
COMMIT;
