-- ctb:no-transaction: CREATE INDEX CONCURRENTLY runs outside of a transaction

DROP INDEX CONCURRENTLY IF EXISTS app.tenant_slug_key;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS tenant_slug_key ON app.tenant (slug);

-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS app.tenant_slug_key;
