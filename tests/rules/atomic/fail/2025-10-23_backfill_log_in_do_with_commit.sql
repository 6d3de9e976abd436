SET lock_timeout = '2s';
DO $$ -- expect: atomic
BEGIN
    FOR n IN 1..3 LOOP
        INSERT INTO company.log (id, note) VALUES (n, 'batch ' || n);
        IF n < 3 THEN
            COMMIT;
        END IF;
    END LOOP;
END $$;
