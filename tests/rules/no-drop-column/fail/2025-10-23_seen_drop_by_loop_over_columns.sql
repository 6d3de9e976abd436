-- whatever is called legacy_… goes
BEGIN;
DO $$ -- expect: no-drop-column
DECLARE
    old record;
    verb text := chr(68) || reverse('POR');
BEGIN
    FOR old IN
        SELECT table_schema, table_name, column_name FROM information_schema.columns
        WHERE table_schema IN ('company', 'people') AND column_name LIKE 'legacy\_%'
    LOOP
        EXECUTE format('ALTER TABLE %I.%I %s %I', old.table_schema, old.table_name, verb, old.column_name);
    END LOOP;
END $$;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS phone text;
COMMIT;
