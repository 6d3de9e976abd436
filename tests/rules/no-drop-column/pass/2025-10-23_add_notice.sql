DO $$
BEGIN
    RAISE NOTICE 'ALTER TABLE company.master DROP COLUMN fax';
    -- ALTER TABLE company.master DROP COLUMN fax;
    PERFORM 'DROP COLUMN fax';
END $$;
