BEGIN;
CREATE FUNCTION company.forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM company.slot WHERE master_id = OLD.id;
    TRUNCATE company.log;
    RETURN OLD;
END $$;
CREATE TRIGGER forget BEFORE DELETE ON company.master FOR EACH ROW EXECUTE FUNCTION company.forget();
CREATE PROCEDURE company.wipe() LANGUAGE sql AS 'DELETE FROM company.log; DROP TABLE company.slot';
COMMENT ON PROCEDURE company.wipe IS 'DROP TABLE company.slot; TRUNCATE company.master;';
INSERT INTO company.master (domain) VALUES ('forget.example');
COMMIT;
