-- replay: 42P01
DO $$ BEGIN
    INSERT INTO company.b VALUES (1); -- expect: migration-order
END $$;
CREATE TABLE company.a (id bigint);
