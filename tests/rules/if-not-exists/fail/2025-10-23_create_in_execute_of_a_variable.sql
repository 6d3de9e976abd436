DO $$
DECLARE
    statement text := 'CREATE TABLE company.tag (id bigint)';
    place company.stage := 'new';
BEGIN
    EXECUTE statement; -- expect: if-not-exists:5
    statement := format('CREATE INDEX %I ON company.tag (id)', 'tag_' || place);
    EXECUTE statement; -- expect: if-not-exists:5
END $$;
