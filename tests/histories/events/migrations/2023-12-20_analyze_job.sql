-- ctb:no-transaction: VACUUM runs outside of a transaction

VACUUM (ANALYZE) jobs.job;

-- Rollback: none, because there is nothing to take back
