BEGIN;
CREATE OR REPLACE PROCEDURE company.trim_log(ends boolean) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM company.log WHERE id = 0; IF ends THEN COMMIT; END IF; END $$;
COMMIT;
