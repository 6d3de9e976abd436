-- replay: 25001
BEGIN;
SELECT 1;
VACUUM company.log; -- expect: transaction
COMMIT;
