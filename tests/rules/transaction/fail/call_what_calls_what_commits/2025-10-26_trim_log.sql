-- replay: 2D000
BEGIN;
SELECT 1;
CALL company.trim_all(); -- expect: transaction
COMMIT;
