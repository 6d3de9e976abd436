-- ctb:no-transaction: CREATE INDEX CONCURRENTLY runs outside of a transaction

DROP INDEX CONCURRENTLY IF EXISTS es.event_type_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS event_type_idx ON es.event USING btree (type, position);

-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS es.event_type_idx;
