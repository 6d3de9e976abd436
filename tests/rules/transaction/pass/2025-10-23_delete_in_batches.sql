-- ctb:no-transaction: each batch commits by itself, so that no lock is held for long
DO $$
DECLARE
    gone integer;
BEGIN
    LOOP
        DELETE FROM company.log WHERE id IN (SELECT id FROM company.log LIMIT 1000);
        GET DIAGNOSTICS gone = ROW_COUNT;
        COMMIT;
        EXIT WHEN gone = 0;
    END LOOP;
END $$;
