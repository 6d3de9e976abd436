-- replay: 2D000
BEGIN;
CALL company.trim_log(); -- expect: transaction
COMMIT;
