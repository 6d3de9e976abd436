BEGIN;
CREATE OR REPLACE FUNCTION company.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON company.log FOR EACH ROW EXECUTE FUNCTION company.stamp(); -- expect: if-not-exists
COMMIT;
