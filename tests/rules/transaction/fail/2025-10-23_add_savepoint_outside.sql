-- replay: 25P01
BEGIN;
SELECT 1;
COMMIT;
SAVEPOINT late; -- expect: transaction:1
