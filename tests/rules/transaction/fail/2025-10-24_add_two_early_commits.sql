BEGIN;
SELECT 1;
COMMIT;
SELECT 2; -- expect: transaction
SELECT 3;
BEGIN; -- expect: transaction
SELECT 4;
COMMIT;
SELECT 5; -- expect: transaction
SELECT 6;
