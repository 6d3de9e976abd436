BEGIN;

INSERT INTO app.usage (tenant_id, day, documents, bytes)
SELECT d.tenant_id, d.created_at::date, count(*), sum(octet_length(d.body))
FROM app.document d
GROUP BY d.tenant_id, d.created_at::date
ON CONFLICT (tenant_id, day) DO NOTHING;

COMMIT;

-- Rollback: none, because the rows are true as long as the table is there
