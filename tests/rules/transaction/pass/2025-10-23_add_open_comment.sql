-- replay: 42601
BEGIN;
SELECT 1;
/* never closed
COMMIT;
