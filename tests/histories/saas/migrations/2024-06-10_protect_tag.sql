BEGIN;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tag'] LOOP
        EXECUTE format('ALTER TABLE app.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('DROP POLICY IF EXISTS %I ON app.%I', name || '_of_tenant', name);
        EXECUTE format('CREATE POLICY %I ON app.%I USING (tenant_id = app.current_tenant())', name || '_of_tenant', name);
    END LOOP;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP POLICY IF EXISTS tag_of_tenant ON app.tag;
-- ALTER TABLE app.tag DISABLE ROW LEVEL SECURITY;
-- COMMIT;
