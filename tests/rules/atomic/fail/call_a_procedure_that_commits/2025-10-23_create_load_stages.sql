BEGIN;
CREATE TABLE company.loaded (stage text);
CREATE PROCEDURE company.load_stages() LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO company.loaded VALUES ('first');
    COMMIT;
    INSERT INTO company.loaded VALUES ('second');
END $$;
CREATE PROCEDURE company.load_all() LANGUAGE plpgsql AS $$ BEGIN CALL company.load_stages(); END $$;
COMMIT;
