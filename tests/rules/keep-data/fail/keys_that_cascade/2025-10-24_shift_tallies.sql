BEGIN;
UPDATE company.tally SET id = id + 1000; -- expect: keep-data
COMMIT;
