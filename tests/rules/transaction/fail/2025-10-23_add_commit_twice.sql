BEGIN;
SELECT 1;
COMMIT;
COMMIT; -- expect: transaction
