DO $$ -- expect: transaction:1
BEGIN
    DELETE FROM company.log;
    COMMIT;
END $$;
