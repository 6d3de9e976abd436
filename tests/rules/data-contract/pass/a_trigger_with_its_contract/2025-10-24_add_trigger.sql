BEGIN;
CREATE FUNCTION shop.fill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.note := coalesce(NEW.note, NEW.name);
    RETURN NEW;
END $$;
CREATE TRIGGER fill BEFORE INSERT ON shop.item FOR EACH ROW EXECUTE FUNCTION shop.fill();
COMMIT;
