BEGIN;
TRUNCATE company.tally; -- expect: keep-data
COMMIT;
