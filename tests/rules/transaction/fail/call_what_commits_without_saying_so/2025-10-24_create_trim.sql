BEGIN;
CREATE OR REPLACE PROCEDURE company.trim_log() LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        DELETE FROM company.log WHERE id IN (SELECT id FROM company.log LIMIT 100);
        EXIT WHEN NOT FOUND;
        COMMIT;
    END LOOP;
    COMMIT;
END $$;
COMMIT;
