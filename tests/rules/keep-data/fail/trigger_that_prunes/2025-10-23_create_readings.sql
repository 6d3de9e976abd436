BEGIN;
CREATE TABLE company.reading (id bigint PRIMARY KEY, value integer);
CREATE FUNCTION company.prune() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM company.reading WHERE id <= (SELECT max(id) - 3 FROM company.reading);
    RETURN NULL;
END $$;
INSERT INTO company.reading VALUES (1, 20), (2, 21), (3, 19);
CREATE TRIGGER prune AFTER INSERT ON company.reading FOR EACH STATEMENT EXECUTE FUNCTION company.prune();
COMMIT;
