-- how long would it take? Tried, and taken back
BEGIN;
INSERT INTO company.log (id, note) VALUES (7, 'ALTER TABLE company.master DROP COLUMN fax CASCADE');
DO $$
DECLARE
    command text;
    began timestamptz := clock_timestamp();
BEGIN
    SELECT note INTO command FROM company.log WHERE id = 7;
    EXECUTE command;
    RAISE EXCEPTION USING ERRCODE = 'CTB99', MESSAGE = 'enough';
EXCEPTION WHEN SQLSTATE 'CTB99' THEN
    RAISE NOTICE 'it took %', clock_timestamp() - began;
END $$;
COMMIT;
