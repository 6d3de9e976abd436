BEGIN;
CREATE OR REPLACE PROCEDURE company.trim_all() LANGUAGE plpgsql AS $$ BEGIN CALL company."Trim Log"(); END $$;
COMMIT;
