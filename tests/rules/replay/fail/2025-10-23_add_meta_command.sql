-- replay: psql
SELECT 1;
\connect other -- expect: replay
