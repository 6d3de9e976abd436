BEGIN;
BEGIN; -- expect: transaction
SELECT 1;
COMMIT;
