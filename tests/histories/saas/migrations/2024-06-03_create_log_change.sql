BEGIN;

CREATE OR REPLACE FUNCTION app.log_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO app.audit_event (tenant_id, action, detail)
    VALUES (new.tenant_id, lower(tg_op) || ' ' || tg_table_name, to_jsonb(new));
    RETURN new;
END $$;
DROP TRIGGER IF EXISTS project_logged ON app.project;
CREATE TRIGGER project_logged AFTER INSERT OR UPDATE ON app.project FOR EACH ROW EXECUTE FUNCTION app.log_change();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS project_logged ON app.project;
-- DROP FUNCTION IF EXISTS app.log_change();
-- COMMIT;
