BEGIN;
SELECT 1 +-- a comment
 2, 3 - -4, '{"a": 1}'::jsonb -> 'a';
COMMIT;
