DO $$
BEGIN
    CREATE TABLE company.batch (id bigint PRIMARY KEY);
    FOR n IN 1..3 LOOP
        BEGIN
            INSERT INTO company.batch VALUES (n / 2);
        EXCEPTION WHEN unique_violation THEN
            INSERT INTO company.log (id, note) VALUES (n, 'COMMIT;');
        END;
    END LOOP;
    EXECUTE 'COMMENT ON TABLE company.batch IS ''BEGIN; COMMIT;''';
END $$;
