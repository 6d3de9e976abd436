DO $$
BEGIN
    CREATE TABLE company.tag (id bigint);
    ALTER TABLE company.tag ADD COLUMN name text;
EXCEPTION
    WHEN duplicate_table OR duplicate_column THEN NULL;
END $$;
