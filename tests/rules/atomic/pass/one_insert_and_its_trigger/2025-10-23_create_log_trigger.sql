BEGIN;
CREATE FUNCTION company.note_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO company.log (id, note) VALUES (NEW.id, 'slot made');
    INSERT INTO company.master (domain) VALUES (NEW.payload ->> 'domain');
    RETURN NEW;
END $$;
CREATE TRIGGER note_slot AFTER INSERT ON company.slot FOR EACH ROW EXECUTE FUNCTION company.note_slot();
COMMIT;
