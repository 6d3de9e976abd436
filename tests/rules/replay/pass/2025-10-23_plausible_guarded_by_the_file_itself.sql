BEGIN;
DO $$
BEGIN
    IF EXISTS (SELECT FROM people.master GROUP BY email HAVING count(*) > 1) THEN
        RAISE EXCEPTION 'two people have the same email; see the runbook';
    END IF;
END $$;
CREATE UNIQUE INDEX IF NOT EXISTS master_email_key ON people.master (email);
COMMIT;
