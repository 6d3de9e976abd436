BEGIN;
SET LOCAL client_min_messages = error;

DO $$ -- expect: no-drop-column
BEGIN
    IF to_regtype('company.zip') IS NOT NULL THEN
        DROP DOMAIN company.zip CASCADE;
    END IF;
END $$;
COMMIT;
