-- ctb:no-transaction: the index is built beside the traffic
DROP INDEX CONCURRENTLY IF EXISTS company.counter_value_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS counter_value_idx ON company.counter (value);
UPDATE company.counter SET value = 42 WHERE name = 'migrations';
UPDATE company.counter SET value = value + 1 WHERE name = 'indexes'; -- expect: atomic
DROP INDEX CONCURRENTLY IF EXISTS company.counter_both_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS counter_both_idx ON company.counter (value, name);
