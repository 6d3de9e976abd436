BEGIN;
CREATE FUNCTION pg_temp.try(command text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE command; END $$;
SAVEPOINT before;
SELECT pg_temp.try('ALTER TABLE company.master DROP COLUMN legacy_id');
SELECT count(*) FROM pg_attribute WHERE attrelid = 'company.master'::regclass AND attisdropped;
ROLLBACK TO SAVEPOINT before;
RELEASE SAVEPOINT before;
SELECT sum(legacy_id) FROM company.master;
COMMIT;
