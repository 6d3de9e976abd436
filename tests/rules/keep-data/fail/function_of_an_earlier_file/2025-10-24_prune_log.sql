BEGIN;

SELECT company.prune(30); -- expect: keep-data

COMMIT;
