CREATE ROLE ctb_case_app;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ctb_case_app', current_database()); END $$;
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
