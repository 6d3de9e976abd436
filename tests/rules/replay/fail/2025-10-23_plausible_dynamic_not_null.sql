BEGIN;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['log', 'master'] LOOP
        EXECUTE format('ALTER TABLE company.%I ADD COLUMN revision int NOT NULL', name); -- expect: replay error
    END LOOP;
END $$;
COMMIT;
