-- replay: psql
SELECT 1;
\echo hello -- expect: replay
