BEGIN;

SAVEPOINT before;
DELETE FROM company.master WHERE domain = 'a.com';
UPDATE company.log SET note = upper(note) WHERE id = 3;
ROLLBACK TO SAVEPOINT before;
DO $$
BEGIN
    DELETE FROM company.log WHERE note = 'rehearsal';
    RAISE EXCEPTION 'never meant';
EXCEPTION WHEN raise_exception THEN
    NULL;
END $$;

COMMIT;
