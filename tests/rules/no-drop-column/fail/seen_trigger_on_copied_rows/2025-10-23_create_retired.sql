BEGIN;
CREATE TABLE company.retired (tab text, col text, how text);
CREATE FUNCTION company.retire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE concat_ws(' ', NEW.how, NEW.tab, NEW.col);
    RETURN NEW;
END $$;
CREATE TRIGGER retire AFTER INSERT ON company.retired FOR EACH ROW EXECUTE FUNCTION company.retire();
COMMIT;
