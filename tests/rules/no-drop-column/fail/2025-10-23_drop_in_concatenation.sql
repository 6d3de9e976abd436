DO $$
BEGIN
    EXECUTE 'ALTER TABLE company.master ' || 'DROP COLUMN ' || quote_ident('fax'); -- expect: no-drop-column
END $$;
