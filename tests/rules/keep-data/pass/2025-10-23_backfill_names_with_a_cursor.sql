BEGIN;
DO $$
DECLARE
    missing CURSOR FOR SELECT * FROM company.master FOR UPDATE;
BEGIN
    FOR one IN missing LOOP
        IF one.name IS NULL THEN
            UPDATE company.master SET name = one.domain WHERE CURRENT OF missing;
        END IF;
    END LOOP;
END $$;
COMMIT;
