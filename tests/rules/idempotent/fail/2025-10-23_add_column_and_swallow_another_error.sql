-- a column that is there is a duplicate_column, which is not a duplicate_object
BEGIN;
DO $$
BEGIN
    PERFORM 1 FROM company.log LIMIT 1;
    ALTER TABLE company.log -- expect: idempotent
        ADD COLUMN source text NOT NULL DEFAULT 'import';
EXCEPTION
    WHEN duplicate_object OR duplicate_table THEN NULL;
END $$;
COMMIT;
