BEGIN;
DELETE FROM company.tally WHERE hits = 10; -- expect: keep-data
COMMIT;
