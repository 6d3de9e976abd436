DO $$ DECLARE n text := current_setting('server_version_num'); BEGIN EXECUTE format('CREATE TABLE IF NOT EXISTS company.%I (id bigint)', n); EXECUTE format('SELECT 1 FROM company.%I', n); END $$;
