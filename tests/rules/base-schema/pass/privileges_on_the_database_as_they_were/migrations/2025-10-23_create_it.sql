CREATE ROLE ctb_case_app;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ctb_case_app', current_database()); END $$;
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM ctb_case_app', current_database()); END $$;
