BEGIN; -- expect: ctb-header
SELECT 1;
COMMIT;
