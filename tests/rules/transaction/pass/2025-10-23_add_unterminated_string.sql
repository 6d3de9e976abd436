-- replay: 42601
BEGIN;
SELECT 'never ends;
COMMIT;
