DO $$
BEGIN
    IF to_regclass('company.tag') IS NOT NULL THEN
        RETURN;
    END IF;
    CREATE TABLE company.tag (id bigint);
END $$;
