BEGIN;
DO $$
BEGIN
    CREATE TYPE company.rank AS ENUM ('a', 'b');
    INSERT INTO company.log (note) VALUES ('types: rank');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END $$;
DO $$
BEGIN
    ALTER TABLE company.slot ADD COLUMN rank company.rank;
EXCEPTION
    WHEN duplicate_column THEN RAISE NOTICE 'slot.rank is there';
END $$;
COMMIT;
