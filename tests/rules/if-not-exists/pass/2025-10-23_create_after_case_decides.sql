DO $$
BEGIN
    CASE (SELECT count(*) FROM company.master)
        WHEN 0 THEN CREATE TABLE company.tag (id bigint);
        ELSE NULL;
    END CASE;
    WHILE to_regclass('company.tag2') IS NULL LOOP
        CREATE TABLE company.tag2 (id bigint);
    END LOOP;
END $$;
