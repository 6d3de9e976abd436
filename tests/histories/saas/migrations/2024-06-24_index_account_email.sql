-- ctb:no-transaction: CREATE INDEX CONCURRENTLY runs outside of a transaction

DROP INDEX CONCURRENTLY IF EXISTS app.account_email_lower_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS account_email_lower_idx ON app.account (lower(email));

-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS app.account_email_lower_idx;
