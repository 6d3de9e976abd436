BEGIN;
SELECT 'a backslash \', 'COMMIT;';
COMMIT;
