DO $$ BEGIN EXECUTE format('CREATE TABLE IF NOT EXISTS company.%I (id bigint)', 'b_' || 1); EXECUTE format('DELETE FROM company.%I', 'lo' || 'g'); END $$;
