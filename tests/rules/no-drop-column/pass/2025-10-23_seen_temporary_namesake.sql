-- pg_temp comes first: the log that loses its note is the temporary one
BEGIN;
SET LOCAL search_path = company;
CREATE TEMP TABLE log ON COMMIT DROP AS SELECT id, note FROM company.log;
CREATE FUNCTION pg_temp.strip(command text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE command; END $$;
SELECT pg_temp.strip('ALTER TABLE log DROP COLUMN note');
COMMIT;
