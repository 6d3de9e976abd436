-- replay: psql
BEGIN;
\i other.sql
COMMIT;
