DO $$
BEGIN
    BEGIN
        CREATE TABLE company.tag (id bigint);
    EXCEPTION WHEN duplicate_table THEN
        NULL;
    END;
    CREATE TABLE company.tag2 (id bigint); -- expect: if-not-exists:5
    IF false THEN
        RAISE EXCEPTION 'no';
    END IF;
    CREATE TABLE company.tag3 (id bigint); -- expect: if-not-exists:5
END $$;
