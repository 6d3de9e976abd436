BEGIN;
SELECT 1;
ROLLBACK; -- expect: transaction:1
BEGIN; -- expect: transaction:1
SELECT 2;
COMMIT;
