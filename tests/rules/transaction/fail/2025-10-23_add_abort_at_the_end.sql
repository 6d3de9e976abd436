BEGIN;
SELECT 1;
ABORT; -- expect: transaction
