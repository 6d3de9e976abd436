-- replay: 25001
BEGIN;
DO $$
BEGIN
    EXECUTE 'CREATE INDEX CONCURRENTLY x_idx ON company.master (name)'; -- expect: transaction:5
END $$;
COMMIT;
