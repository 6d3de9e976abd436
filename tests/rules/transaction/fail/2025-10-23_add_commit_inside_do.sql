-- replay: 2D000
BEGIN;
DO $$
BEGIN
    PERFORM 1;
    COMMIT; -- expect: transaction
END $$;
COMMIT;
