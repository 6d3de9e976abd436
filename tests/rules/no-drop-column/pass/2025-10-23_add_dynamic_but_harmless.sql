DO $$
BEGIN
    EXECUTE format('ALTER TABLE %I.%I ALTER COLUMN %I DROP NOT NULL', 'company', 'master', 'fax');
    EXECUTE 'COMMENT ON COLUMN company.master.fax IS ' || quote_literal('DROP COLUMN later');
END $$;
