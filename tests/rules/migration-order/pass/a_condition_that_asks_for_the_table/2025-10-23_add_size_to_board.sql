DO $$ BEGIN
    IF to_regclass('company.board') IS NOT NULL THEN
        ALTER TABLE company.board ADD COLUMN size int;
    END IF;
END $$;
