BEGIN;
CREATE FUNCTION company.spelled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.note !~ '^[0-9]{4}: .+ #[A-F0-9]{6}$' THEN RAISE EXCEPTION 'no note: %', NEW.note; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER spelled BEFORE INSERT ON company.log FOR EACH ROW EXECUTE FUNCTION company.spelled();
COMMIT;
