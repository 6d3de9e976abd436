-- replay: 55000
BEGIN;
SELECT 1;
PREPARE TRANSACTION 'left behind'; -- expect: transaction:1
