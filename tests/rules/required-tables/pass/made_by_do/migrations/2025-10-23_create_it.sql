DO $$ BEGIN EXECUTE 'CREATE TABLE company.made (id bigint)'; END $$;
