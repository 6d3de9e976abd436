BEGIN;
CREATE OR REPLACE FUNCTION company.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := ''; RETURN NEW; END $$;
COMMIT;
-- Rollback:
-- CREATE OR REPLACE FUNCTION company.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
