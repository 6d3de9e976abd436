BEGIN;
DO $$
BEGIN
    -- ctb: allow if-not-exists: this is a comment of the body
    NULL;
END $$;
COMMIT;
