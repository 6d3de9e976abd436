BEGIN; -- expect: transaction
SELECT 1;
