DO $$
BEGIN
    CREATE TABLE company.tag (id bigint); -- expect: if-not-exists
    EXECUTE 'CREATE INDEX tag_idx ON company.tag (id)'; -- expect: if-not-exists
END $$;
