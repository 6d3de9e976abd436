BEGIN;
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM information_schema.columns
        WHERE (table_schema, table_name, column_name) = ('company', 'master', 'size_label')
    ) THEN
        ALTER TABLE company.master RENAME COLUMN size_label TO headcount;
    END IF;
END $$;
ALTER TABLE IF EXISTS company.journal RENAME TO log;
COMMIT;
