BEGIN;
INSERT INTO company.log VALUES (100, 'probe'), (101, 'probe');
DO $$ -- expect: keep-data
DECLARE
    gone integer;
BEGIN
    DELETE FROM company.log WHERE id BETWEEN 100 AND 101;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RAISE NOTICE '% probes removed', gone;
EXCEPTION WHEN undefined_table THEN
    NULL;
END $$;
COMMIT;
