BEGIN;
SELECT 1;
ROLLBACK; -- expect: transaction
