BEGIN;
CREATE FUNCTION company.never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is for good'; END $$;
CREATE TRIGGER never BEFORE DELETE ON company.log FOR EACH ROW EXECUTE FUNCTION company.never(); -- expect: consumers
COMMIT;
