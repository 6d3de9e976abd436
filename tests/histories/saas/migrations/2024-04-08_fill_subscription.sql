-- Every tenant that pays has an open subscription from now on.

BEGIN;

INSERT INTO app.subscription (tenant_id, plan)
SELECT t.tenant_id, t.plan
FROM app.tenant t
WHERE t.plan <> 'free'
    AND NOT EXISTS (SELECT FROM app.subscription s WHERE s.tenant_id = t.tenant_id AND s.ended_on IS NULL);

COMMIT;

-- Rollback: none, because the rows are true as long as the table is there
