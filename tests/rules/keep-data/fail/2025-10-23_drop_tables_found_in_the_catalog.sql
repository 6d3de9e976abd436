BEGIN;
DO $$ -- expect: keep-data
DECLARE
    found record;
BEGIN
    FOR found IN SELECT schemaname, tablename FROM pg_tables WHERE schemaname = 'company' AND tablename LIKE 'lo%' LOOP
        EXECUTE format('DRO' || 'P TABLE %I.%I', found.schemaname, found.tablename);
    END LOOP;
END $$;
COMMIT;
