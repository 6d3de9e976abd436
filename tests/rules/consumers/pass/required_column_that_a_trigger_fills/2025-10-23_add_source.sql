BEGIN;
CREATE FUNCTION company.from_app() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.source := coalesce(NEW.source, 'app'); RETURN NEW; END $$;
ALTER TABLE company.log ADD COLUMN source text NOT NULL DEFAULT 'app';
CREATE TRIGGER from_app BEFORE INSERT ON company.log FOR EACH ROW EXECUTE FUNCTION company.from_app();
ALTER TABLE company.log ALTER COLUMN source DROP DEFAULT;
COMMIT;
