BEGIN;
CREATE TABLE company.filled (id bigint PRIMARY KEY);
CREATE PROCEDURE company.fill(many integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1..many LOOP
        INSERT INTO company.filled VALUES (n);
    END LOOP;
    IF many > 1000 THEN
        COMMIT;
    END IF;
    INSERT INTO company.log (id, note) VALUES (many, 'filled');
END $$;
COMMIT;
