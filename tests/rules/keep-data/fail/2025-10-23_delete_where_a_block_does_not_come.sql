-- Not proven: the setting is not there in a test
BEGIN;

DO $$
BEGIN
    IF current_setting('app.stage', true) = 'production' THEN
        DELETE FROM company.log; -- expect: keep-data
    END IF;
END $$;

COMMIT;
