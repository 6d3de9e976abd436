BEGIN;
SELECT 1;
COMMIT;
ANALYZE company.master; -- expect: transaction
