SET search_path = company; -- expect: transaction
CREATE SCHEMA IF NOT EXISTS other;
SELECT 1;
BEGIN;
SELECT 2;
COMMIT;
