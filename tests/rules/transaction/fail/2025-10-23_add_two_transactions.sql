BEGIN;
SELECT 1;
COMMIT;
BEGIN; -- expect: transaction
SELECT 2;
COMMIT;
