BEGIN;

CREATE OR REPLACE FUNCTION app.tenant_summary(wanted uuid)
RETURNS TABLE (projects bigint, documents bigint, people bigint)
LANGUAGE sql STABLE
AS $$
    SELECT
        (SELECT count(*) FROM app.project p WHERE p.tenant_id = wanted),
        (SELECT count(*) FROM app.document d WHERE d.tenant_id = wanted),
        (SELECT count(*) FROM app.account a WHERE a.tenant_id = wanted)
$$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS app.tenant_summary(uuid);
-- COMMIT;
