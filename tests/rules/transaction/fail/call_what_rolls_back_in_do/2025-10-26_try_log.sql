-- replay: 2D000
BEGIN;
DO $$
BEGIN
    CALL company.try(); -- expect: transaction
END $$;
COMMIT;
