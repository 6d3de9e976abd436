BEGIN;
DO $$
BEGIN
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'master' AND column_name = 'fax') THEN
        COMMENT ON COLUMN company.master.fax IS 'DEPRECATED: nobody has one'; -- expect: deprecated-column
    END IF;
    EXECUTE format( -- expect: deprecated-column
        'COMMENT ON COLUMN %I.%I.%I IS %L',
        'people', 'master', 'title', 'DEPRECATED soon'
    );
END $$;
COMMIT;
