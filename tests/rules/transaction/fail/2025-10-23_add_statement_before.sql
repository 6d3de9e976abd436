SET search_path = company; -- expect: transaction
BEGIN;
SELECT 1;
COMMIT;
