BEGIN;

CREATE MATERIALIZED VIEW IF NOT EXISTS app.usage_by_month AS
SELECT u.tenant_id, date_trunc('month', u.day)::date AS month, sum(u.documents) AS documents, sum(u.bytes) AS bytes
FROM app.usage u
GROUP BY 1, 2;
CREATE UNIQUE INDEX IF NOT EXISTS usage_by_month_key ON app.usage_by_month (tenant_id, month);
GRANT SELECT ON app.usage_by_month TO app_reader;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP MATERIALIZED VIEW IF EXISTS app.usage_by_month;
-- COMMIT;
