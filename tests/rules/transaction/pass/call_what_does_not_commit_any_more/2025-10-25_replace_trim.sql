BEGIN;
CREATE OR REPLACE PROCEDURE company.trim_log() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM company.log; END $$;
CALL company.trim_log();
COMMIT;
