-- replay: 25001
BEGIN;
SELECT 1; DISCARD ALL; -- expect: transaction:11
COMMIT;
