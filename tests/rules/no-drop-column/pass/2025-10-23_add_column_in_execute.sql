DO $$
DECLARE
    kind company.stage;
BEGIN
    EXECUTE 'ALTER TABLE company.master ADD COLUMN IF NOT EXISTS ' || quote_ident('drop column') || ' text';
END $$;
