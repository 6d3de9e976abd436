DO $$
DECLARE
    row_of company.master%ROWTYPE;
    place company.stage := 'new';
    r record;
BEGIN
    FOR r IN SELECT 'company.tag_' || place AS name LOOP
        IF to_regclass(r.name) IS NULL THEN
            EXECUTE format('CREATE TABLE %s (id bigint)', r.name);
        END IF;
    END LOOP;
END $$;
