BEGIN;
SELECT 1;
COMMIT AND CHAIN; -- expect: transaction:1
SELECT 2;
