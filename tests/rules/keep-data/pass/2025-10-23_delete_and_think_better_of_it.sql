BEGIN;
DO $$
BEGIN
    DELETE FROM company.log;
    UPDATE company.master SET name = 'gone';
    RAISE EXCEPTION 'only a rehearsal';
EXCEPTION WHEN raise_exception THEN
    RAISE NOTICE 'nothing was deleted';
END $$;
SAVEPOINT one;
TRUNCATE company.log;
DROP TABLE people.master;
ROLLBACK TO SAVEPOINT one;
COMMIT;
