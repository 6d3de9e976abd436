BEGIN;
DO $$ BEGIN EXECUTE 'SELECT count(*) FROM company.log'; END $$;
COMMIT;
