BEGIN;
SAVEPOINT try;
COMMENT ON COLUMN people.master.email IS 'DEPRECATED';
ROLLBACK TO SAVEPOINT try;
DO $$
BEGIN
    COMMENT ON COLUMN company.master.fax IS 'DEPRECATED';
    PERFORM 1 / 0;
EXCEPTION WHEN division_by_zero THEN
    COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-23: nobody has one';
END $$;
COMMIT;
