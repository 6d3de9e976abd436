BEGIN;
BEGIN;
CREATE TABLE company.badge (id bigint);
CREATE PROCEDURE company.award() LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO company.badge VALUES (1);
    COMMIT;
    INSERT INTO company.badge VALUES (2);
    COMMIT;
END $$;
COMMIT;
COMMIT;
