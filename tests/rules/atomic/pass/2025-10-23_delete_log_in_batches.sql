-- ctb:no-transaction: each batch commits by itself
DO $$
DECLARE
    gone integer;
BEGIN
    LOOP
        DELETE FROM company.log WHERE ctid IN (SELECT ctid FROM company.log LIMIT 1000);
        GET DIAGNOSTICS gone = ROW_COUNT;
        COMMIT;
        EXIT WHEN gone = 0;
    END LOOP;
END $$;
