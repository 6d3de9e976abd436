-- replay: psql
BEGIN;
\i other.sql -- expect: transaction
COMMIT;
