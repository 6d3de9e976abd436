DO $$
DECLARE
    statement text := 'CREATE TABLE ';
BEGIN
    statement := statement || 'IF NOT EXISTS company.tag (id bigint)';
    EXECUTE statement;
END $$;
