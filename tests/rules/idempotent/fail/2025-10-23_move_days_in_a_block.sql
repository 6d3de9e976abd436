BEGIN;

DO $$ -- expect: idempotent
BEGIN
    UPDATE company.master SET created_at = created_at + interval '2 hours' WHERE domain ~ '[.]de$';
END $$;

COMMIT;
