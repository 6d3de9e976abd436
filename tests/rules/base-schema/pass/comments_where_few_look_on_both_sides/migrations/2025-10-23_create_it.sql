CREATE STATISTICS company.of_log ON id, note FROM company.log;
COMMENT ON STATISTICS company.of_log IS 'one';
COMMENT ON STATISTICS company.of_log IS 'both';
DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS ''of the company''', current_database()); END $$;
