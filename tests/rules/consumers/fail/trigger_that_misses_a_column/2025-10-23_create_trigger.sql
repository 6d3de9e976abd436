BEGIN;
CREATE TABLE people.changes (person bigint, old_email text, by_whom text);
CREATE FUNCTION people.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO people.changes (person, old_email) VALUES (OLD.id, OLD.email); RETURN NEW; END $$;
CREATE TRIGGER note BEFORE UPDATE ON people.master FOR EACH ROW EXECUTE FUNCTION people.note();
COMMIT;
