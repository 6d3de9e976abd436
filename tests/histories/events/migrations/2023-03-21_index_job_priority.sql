-- ctb:no-transaction: CREATE INDEX CONCURRENTLY runs outside of a transaction

DROP INDEX CONCURRENTLY IF EXISTS jobs.job_priority_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS job_priority_idx ON jobs.job (queue, priority DESC, run_at) WHERE state = 'queued';

-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS jobs.job_priority_idx;
