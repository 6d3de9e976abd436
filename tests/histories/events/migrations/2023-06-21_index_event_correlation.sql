-- ctb:no-transaction: CREATE INDEX CONCURRENTLY runs outside of a transaction

DROP INDEX CONCURRENTLY IF EXISTS es.event_correlation_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS event_correlation_idx ON es.event (correlation_id) WHERE correlation_id IS NOT NULL;

-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS es.event_correlation_idx;
